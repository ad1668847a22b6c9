(******************************************************************************)
(* One neuron with slope 1 at positive and a at other arguments (Slopes.v),   *)
(* a in [-1, 1]: its activation is sigma(q) = slope a q * q, its jump 1 - a.  *)
(* Mirrors the scalar parts of proofs/direct.md#following at every slope, and *)
(* what proofs/bottleneck.md#radius and #lipschitz say of one neuron:         *)
(*   sigma(q) = slope a p q + (1 - a) excess p q,                             *)
(*   excess p (al p + t) = (- s t - al |p|)_+          (Direct.excess_formula)*)
(* and from these what a neuron adds along h(x) (neuron_along), across h(x)   *)
(* (neuron_across, psi and its properties), and the largest value of the      *)
(* quadratic in (3) (quadratic_largest).                                      *)
(* al is alpha of the prose, p and q are the pre-activations at x and y.      *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions.              *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Flips Slopes Direct.
Require Import Ring Field.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* ---- The tactics [ring] and [field] for mathcomp's fields, as in Flip.v:   *)
(* they find the operations by syntax, so these are folded into constants on  *)
(* the bare type first.                                                       *)
Section Operations.
Variable R : numFieldType.
Definition t_add (a b : R) : R := a + b.
Definition t_mul (a b : R) : R := a * b.
Definition t_opp (a : R) : R := - a.
Definition t_inv (a : R) : R := a^-1.
Definition t_norm (a : R) : R := `|a|.
Definition t_zero : R := 0.
Definition t_one : R := 1.

Lemma t_field : field_theory t_zero t_one t_add t_mul (fun a b => t_add a (t_opp b)) t_opp
  (fun a b => t_mul a (t_inv b)) t_inv eq.
Proof.
split; first split.
- exact: add0r.
- exact: addrC.
- exact: addrA.
- exact: mul1r.
- exact: mulrC.
- exact: mulrA.
- exact: mulrDl.
- by [].
- exact: subrr.
- by apply/eqP; rewrite oner_eq0.
- by [].
- by move=> a a0; apply: mulVf; apply/eqP.
Qed.
End Operations.

Ltac fold_operations R :=
  rewrite ?expr2 ?mulrS ?mulr0n;
  repeat match goal with
  | |- context [@GRing.add ?V ?a ?b] => change (@GRing.add V a b) with (@t_add R a b)
  | |- context [@GRing.mul ?V ?a ?b] => change (@GRing.mul V a b) with (@t_mul R a b)
  | |- context [@GRing.opp ?V ?a] => change (@GRing.opp V a) with (@t_opp R a)
  | |- context [@GRing.inv ?V ?a] => change (@GRing.inv V a) with (@t_inv R a)
  | |- context [@Num.norm ?V ?W ?a] => change (@Num.norm V W a) with (@t_norm R a)
  | |- context [GRing.zero ?V] => change (GRing.zero V) with (@t_zero R)
  | |- context [GRing.one ?V] => change (GRing.one V) with (@t_one R)
  end;
  match goal with |- @eq _ ?a ?b => change (@eq (Num.NumField.sort R) a b) end.

Section Neuron.
Variable R : realFieldType.
Implicit Types a al p q s t u x y X Y h k b om v : R.
Add Field neuron_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Ltac field_R := apply: (@addrI _ 0); simpl; fold_operations R; field; repeat split; by apply/eqP.

(* ---- The activation.                                                       *)
Theorem slope_split a q : slope a q * q = a * q + (1 - a) * Num.max 0 q.
Proof. rewrite /slope; case: ltP => _; ring_R. Qed.

Lemma slope_abs a p : -1 <= a <= 1 -> `|slope a p| <= 1.
Proof. by move=> a1; rewrite /slope; case: ifP => _; rewrite ?normr1 // ler_norml. Qed.

Theorem slope_lipschitz a p q : -1 <= a <= 1 ->
  `|slope a q * q - slope a p * p| <= `|q - p|.
Proof.
move=> a1; have [pq|pq] := eqVneq (0 < p) (0 < q).
  have -> : slope a q = slope a p by rewrite /slope pq.
  by rewrite -mulrBr normrM ler_pimull // slope_abs.
rewrite (flip_distance pq); apply: le_trans (ler_norm_sub _ _) _.
by rewrite addrC !normrM ler_add // ler_pimull // slope_abs.
Qed.

(* Between two arguments that are both not positive it is exactly |a|.        *)
Theorem slope_lipschitz_inactive a p q : p <= 0 -> q <= 0 ->
  `|slope a q * q - slope a p * p| = `|a| * `|q - p|.
Proof. by move=> p0 q0; rewrite /slope !ltNge p0 q0 -mulrBr normrM. Qed.

(* What it adds at y to the layer that is linear with x's pattern.            *)
Theorem neuron_excess a p q : slope a q * q = slope a p * q + (1 - a) * excess p q.
Proof.
rewrite excess_pattern /slope.
case: (0 < p); case: (0 < q) => /=; ring_R.
Qed.

Theorem neuron_flip a p q : (0 < p) != (0 < q) ->
  slope a q * q - slope a p * q = (1 - a) * `|q|.
Proof. by move=> pq; rewrite (neuron_excess a p) excess_flip // addrC addKr. Qed.

(* An increment t of the pre-activation; no sign of al is asked for.          *)
Theorem neuron_step a al p t :
  slope a (al * p + t) * (al * p + t) - al * (slope a p * p) =
  slope a p * t + (1 - a) * Num.max 0 (- (sign p * t) - al * `|p|).
Proof. rewrite (neuron_excess a p) excess_formula; ring_R. Qed.

(* ---- Along h(x).                                                           *)
Lemma excess_opp al p t : p < 0 -> excess p (al * p + t) = excess (- p) (al * - p + - t).
Proof.
move=> p0; rewrite excess_inactive ?ltW // excess_active ?oppr_gt0 //.
by congr Num.max; ring_R.
Qed.

Theorem neuron_along_excess al p t : 0 < al ->
  0 <= `|p| * excess p (al * p + t) <= t ^+ 2 / (4%:R * al).
Proof.
move=> al0; rewrite mulr_ge0 ?excess_ge0 //=.
have [p0|p0|->] := ltgtP p 0.
- rewrite excess_opp // ltr0_norm // -[t ^+ 2]sqrrN.
  have q0 : 0 < - p by rewrite oppr_gt0.
  by have /andP[] := direct_along_excess (- t) q0 al0.
- by rewrite gtr0_norm //; have /andP[] := direct_along_excess t p0 al0.
by rewrite normr0 mul0r divr_ge0 ?sqr_ge0 // mulr_ge0 ?ler0n // ltW.
Qed.

(* What a neuron adds to <h(y), h(x)> beyond its linear part, but for the     *)
(* factor 1 - a: active neurons add, others have the sign of - a.             *)
Theorem neuron_along a al p t (T := t ^+ 2 / (4%:R * al)) : 0 < al ->
  (if 0 < p then 0 else - (Num.max 0 a * T)) <= slope a p * p * excess p (al * p + t) <=
  (if 0 < p then T else Num.max 0 (- a) * T).
Proof.
move=> al0; have /andP[] := neuron_along_excess p t al0.
rewrite -/T /slope; set e := excess _ _; case: (ltP 0 p) => p0.
  by rewrite gtr0_norm // mul1r => -> ->.
rewrite ler0_norm // => lo hi; have T0 := le_trans lo hi.
have -> : a * p * e = - a * (- p * e) by ring_R.
case: (leP 0 a) => a0.
  rewrite max_l ?oppr_le0 // mul0r mulNr ler_opp2 ler_wpmul2l //=.
  by rewrite oppr_le0 mulr_ge0.
have an0 : 0 <= - a by rewrite oppr_ge0 ltW.
by rewrite mul0r oppr0 (max_r an0) mulr_ge0 // ler_wpmul2l.
Qed.

(* ---- Across h(x).                                                          *)
Definition psi a t u : R :=
  (1 + a) * Num.max 0 (t - u) ^+ 2 + 2%:R * Num.max 0 a * u * Num.max 0 (t - u).

Lemma square_psi a t u : -1 <= a <= 1 -> 0 <= u ->
  (a * t + (1 - a) * Num.max 0 (t - u)) ^+ 2 <= a ^+ 2 * t ^+ 2 + (1 - a) * psi a t u.
Proof.
move=> /andP[a1 a2] u0; rewrite /psi; case: (leP 0 (t - u)) => tu; last first.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring_R.
have a3 : 0 <= 1 - a by rewrite subr_ge0.
rewrite -subr_ge0; set M := Num.max 0 a.
have -> : a ^+ 2 * t ^+ 2 + (1 - a) * ((1 + a) * (t - u) ^+ 2 + 2%:R * M * u * (t - u)) -
    (a * t + (1 - a) * (t - u)) ^+ 2 = (1 - a) * ((M - a) *+ 2 * u * (t - u)).
  by rewrite -mulr_natl; set n2 := 2%:R; have -> : n2 = 1 + 1 by []; ring_R.
have Ma : 0 <= M - a by rewrite subr_ge0 /M le_maxr lexx orbT.
by rewrite !mulr_ge0 // mulrn_wge0.
Qed.

Lemma square_psi_equal a t u : 0 <= a ->
  (a * t + (1 - a) * Num.max 0 (t - u)) ^+ 2 = a ^+ 2 * t ^+ 2 + (1 - a) * psi a t u.
Proof.
move=> a0; rewrite /psi (max_r a0); set n2 := 2%:R; have -> : n2 = 1 + 1 by [].
case: (leP 0 (t - u)) => tu; ring_R.
Qed.

Theorem neuron_across a al p t : -1 <= a <= 1 -> 0 <= al ->
  (slope a (al * p + t) * (al * p + t) - al * (slope a p * p)) ^+ 2 <=
  if 0 < p then t ^+ 2 else a ^+ 2 * t ^+ 2 + (1 - a) * psi a t (al * `|p|).
Proof.
move=> a1 al0; case: (ltP 0 p) => p0.
  have -> : al * (slope a p * p) = slope a (al * p) * (al * p).
    move: al0; rewrite le_eqVlt => /orP[/eqP <-|al0]; first by rewrite !mul0r mulr0.
    by rewrite slope_scale // mulrCA.
  rewrite -[X in X <= _]real_normK ?num_real // -[X in _ <= X]real_normK ?num_real //.
  rewrite ler_sqr ?nnegrE //; apply: le_trans (slope_lipschitz _ _ a1) _.
  by rewrite addrAC subrr add0r.
rewrite neuron_step {1}/slope /sign ltNge p0 /= mulN1r opprK.
by apply: square_psi => //; rewrite mulr_ge0.
Qed.

(* For a >= 0 nothing is given away at an inactive neuron.                    *)
Theorem neuron_across_equal a al p t : 0 <= a -> p <= 0 ->
  (slope a (al * p + t) * (al * p + t) - al * (slope a p * p)) ^+ 2 =
  a ^+ 2 * t ^+ 2 + (1 - a) * psi a t (al * `|p|).
Proof.
move=> a0 p0; rewrite neuron_step {1}/slope /sign ltNge p0 /= mulN1r opprK.
exact: square_psi_equal.
Qed.

(* What psi is, in the terms of the excess e = (t - u)_+.                     *)
Lemma psi_above a t u : u <= t ->
  psi a t u = (1 + a) * (t - u) ^+ 2 + (1 + 1) * Num.max 0 a * u * (t - u).
Proof. by move=> ut; rewrite /psi max_r ?subr_ge0. Qed.

Lemma psi_below a t u : t <= u -> psi a t u = 0.
Proof. by move=> tu; rewrite /psi max_l ?subr_le0 // expr0n /= !mulr0 addr0. Qed.

Lemma psi_ge0 a t u : -1 <= a -> 0 <= u -> 0 <= psi a t u.
Proof.
move=> a1 u0; have a2 : 0 <= 1 + a by rewrite -(opprK 1) addrC subr_ge0.
by rewrite /psi addr_ge0 // !mulr_ge0 ?ler0n ?le_maxr ?lexx ?sqr_ge0.
Qed.

Lemma psi_zero a t : psi a t 0 = (1 + a) * Num.max 0 t ^+ 2.
Proof. by rewrite /psi subr0 mulr0 mul0r addr0. Qed.

Theorem psi_increasing a s t u : -1 <= a -> 0 <= u -> s <= t -> psi a s u <= psi a t u.
Proof.
move=> a1 u0 st; case: (leP u s) => us; last by rewrite psi_below ?psi_ge0 // ltW.
have a2 : 0 <= 1 + a by rewrite -(opprK 1) addrC subr_ge0.
have M0 : 0 <= Num.max 0 a by rewrite le_maxr lexx.
have su : 0 <= s - u by rewrite subr_ge0.
have ut := le_trans us st; have sut : s - u <= t - u by rewrite ler_add2r.
rewrite !psi_above // ler_add // ler_wpmul2l //.
  by rewrite ler_sqr // nnegrE // subr_ge0.
by rewrite !mulr_ge0 // addr_ge0 // ler01.
Qed.

Theorem psi_falls a t u u' : -1 <= a -> 0 <= u -> u <= u' -> psi a t u' <= psi a t u.
Proof.
move=> a1 u0 uu; case: (leP u' t) => ut; last by rewrite psi_below ?psi_ge0 // ltW.
have a2 : 0 <= 1 + a by rewrite -(opprK 1) addrC subr_ge0.
rewrite !psi_above ?(le_trans uu ut) // -subr_ge0.
have tu : 0 <= t - u' by rewrite subr_ge0.
have d0 : 0 <= u' - u by rewrite subr_ge0.
have u'0 := le_trans u0 uu.
have s0 : 0 <= (t - u') + (t - u') + (u' - u) by rewrite addr_ge0 // addr_ge0.
case: (leP 0 a) => a0; last first.
  rewrite !mulr0 !mul0r !addr0 -mulrBr mulr_ge0 //.
  have -> : (t - u) ^+ 2 - (t - u') ^+ 2 = (u' - u) * ((t - u') + (t - u') + (u' - u)) by ring_R.
  by rewrite mulr_ge0.
have -> : (1 + a) * (t - u) ^+ 2 + (1 + 1) * a * u * (t - u) -
   ((1 + a) * (t - u') ^+ 2 + (1 + 1) * a * u' * (t - u')) =
   (u' - u) * ((t - u') + (t - u') + (u' - u) + a * (u' + u)) by ring_R.
by rewrite mulr_ge0 // addr_ge0 // mulr_ge0 // addr_ge0.
Qed.

Theorem psi_scale a c t u : 0 <= c -> psi a (c * t) (c * u) = c ^+ 2 * psi a t u.
Proof.
move=> c0; rewrite /psi -mulrBr.
have -> : Num.max 0 (c * (t - u)) = c * Num.max 0 (t - u) by rewrite maxr_pmulr // mulr0.
set e := Num.max 0 (t - u); set M := Num.max 0 a; ring_R.
Qed.

Theorem psi_upper a t u : -1 <= a -> 0 <= u -> psi a t u <= (1 + a) * Num.max 0 t ^+ 2.
Proof. by move=> a1 u0; rewrite -psi_zero; apply: psi_falls. Qed.

Lemma square_convex x y s : 0 <= s <= 1 ->
  (s * x + (1 - s) * y) ^+ 2 <= s * x ^+ 2 + (1 - s) * y ^+ 2.
Proof.
move=> /andP[s0 s1]; rewrite -subr_ge0.
have -> : s * x ^+ 2 + (1 - s) * y ^+ 2 - (s * x + (1 - s) * y) ^+ 2 =
  s * (1 - s) * (x - y) ^+ 2 by ring_R.
by rewrite mulr_ge0 ?sqr_ge0 // mulr_ge0 // subr_ge0.
Qed.

(* In t alone.                                                                *)
Theorem psi_convex a x y u s : -1 <= a -> 0 <= u -> 0 <= s <= 1 ->
  psi a (s * x + (1 - s) * y) u <= s * psi a x u + (1 - s) * psi a y u.
Proof.
move=> a1 u0 s01; have /andP[s0 s1] := s01; have s1' : 0 <= 1 - s by rewrite subr_ge0.
have a2 : 0 <= 1 + a by rewrite -(opprK 1) addrC subr_ge0.
rewrite /psi; set e := Num.max 0 (_ - u); set ex := Num.max 0 (x - u).
set ey := Num.max 0 (y - u); set M := Num.max 0 a; set n2 := 2%:R.
have M0 : 0 <= n2 * M * u by rewrite !mulr_ge0 ?ler0n // le_maxr lexx.
have ex0 : 0 <= ex by rewrite le_maxr lexx.
have ey0 : 0 <= ey by rewrite le_maxr lexx.
have e0 : 0 <= e by rewrite le_maxr lexx.
have xy : e <= s * ex + (1 - s) * ey.
  rewrite /e le_maxl addr_ge0 ?mulr_ge0 //=.
  have -> : s * x + (1 - s) * y - u = s * (x - u) + (1 - s) * (y - u) by ring_R.
  by rewrite ler_add // ler_wpmul2l // le_maxr lexx orbT.
have xy2 : e ^+ 2 <= s * ex ^+ 2 + (1 - s) * ey ^+ 2.
  by apply: le_trans (square_convex ex ey s01); rewrite ler_sqr ?nnegrE // (le_trans e0).
have -> : s * ((1 + a) * ex ^+ 2 + n2 * M * u * ex) +
    (1 - s) * ((1 + a) * ey ^+ 2 + n2 * M * u * ey) =
    (1 + a) * (s * ex ^+ 2 + (1 - s) * ey ^+ 2) + n2 * M * u * (s * ex + (1 - s) * ey).
  move: (n2 * M * u) => N; ring_R.
by rewrite ler_add // ler_wpmul2l.
Qed.

(* th is the share of the threshold that x is given.                          *)
Theorem psi_split a x y u th : -1 <= a -> 0 <= u -> 0 < th < 1 ->
  psi a (x + y) u <= psi a x (th * u) / th + (1 + a) / (1 - th) * Num.max 0 y ^+ 2.
Proof.
move=> a1 u0 /andP[th0 th1]; have th1' : 0 < 1 - th by rewrite subr_gt0.
have thN : th != 0 by rewrite gt_eqF.
have thN' : 1 - th != 0 by rewrite gt_eqF.
have xE : x = th * (x / th) by rewrite mulrC divfK.
have yE : y = (1 - th) * (y / (1 - th)) by rewrite [RHS]mulrC divfK.
have th01 : 0 <= th <= 1 by rewrite !ltW.
rewrite {1}xE {1}yE; apply: le_trans (psi_convex _ _ a1 u0 th01) _; apply: ler_add.
  by rewrite {2}xE psi_scale ?(ltW th0) // le_eqVlt; apply/orP; left; apply/eqP; field_R.
apply: le_trans (ler_wpmul2l (ltW th1') (psi_upper _ a1 u0)) _.
have -> : Num.max 0 (y / (1 - th)) = (1 - th)^-1 * Num.max 0 y.
  by rewrite maxr_pmulr ?invr_ge0 ?(ltW th1') // mulr0 mulrC.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; move: (Num.max 0 y) => Y; field_R.
Qed.

(* ---- The quadratic of (3), in the size h of what is taken along l.         *)
Lemma quadratic_square X Y h k : k < 1 ->
  X ^+ 2 - h ^+ 2 - (1 + 1) * Y * (X - h) + k * (X - h) ^+ 2 <= (X - Y) ^+ 2 / (1 - k).
Proof.
move=> k1; have k0 : 0 < 1 - k by rewrite subr_gt0.
have kN : 1 - k != 0 by rewrite gt_eqF.
rewrite ler_pdivl_mulr // -subr_ge0.
have -> : (X - Y) ^+ 2 -
    (X ^+ 2 - h ^+ 2 - (1 + 1) * Y * (X - h) + k * (X - h) ^+ 2) * (1 - k) =
  ((1 - k) * h - (Y - k * X)) ^+ 2 by ring_R.
exact: sqr_ge0.
Qed.

Theorem quadratic_largest X h b om v k : 0 <= b -> 0 <= om -> k < 1 ->
  X ^+ 2 - h ^+ 2 - 2%:R * b * v * om * (X - h) + k * (X - h) ^+ 2 <=
  (`|X| + b * om * `|v|) ^+ 2 / (1 - k).
Proof.
move=> b0 om0 k1; have k0 : 0 < 1 - k by rewrite subr_gt0.
have -> : 2%:R * b * v * om * (X - h) = (1 + 1) * (b * om * v) * (X - h).
  by rewrite (_ : 2%:R = 1 + 1) //; ring_R.
apply: le_trans (quadratic_square X (b * om * v) h k1) _.
rewrite ler_wpmul2r ?invr_ge0 ?(ltW k0) // -[X in X <= _]real_normK ?num_real //.
rewrite ler_sqr ?nnegrE ?addr_ge0 ?mulr_ge0 //.
by apply: le_trans (ler_norm_sub _ _) _; rewrite !normrM (ger0_norm b0) (ger0_norm om0).
Qed.

(* No smaller bound serves every h, v and X.                                  *)
Theorem quadratic_attained X b om v k : 0 <= b -> 0 <= om -> k < 1 -> X * v <= 0 ->
  let h := (b * om * v - k * X) / (1 - k) in
  X ^+ 2 - h ^+ 2 - 2%:R * b * v * om * (X - h) + k * (X - h) ^+ 2 =
  (`|X| + b * om * `|v|) ^+ 2 / (1 - k).
Proof.
move=> b0 om0 k1 Xv h; have kN : 1 - k != 0 by rewrite gt_eqF // subr_gt0.
have -> : (`|X| + b * om * `|v|) ^+ 2 = (X - b * om * v) ^+ 2.
  rewrite sqrrD exprMn !real_normK ?num_real // mulrCA -normrM ler0_norm //.
  by rewrite -mulr_natl (_ : 2%:R = 1 + 1) //; ring_R.
by rewrite /h (_ : 2%:R = 1 + 1) //; field_R.
Qed.

End Neuron.
