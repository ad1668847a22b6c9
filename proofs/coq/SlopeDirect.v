(******************************************************************************)
(* The step followed through the layers, at every slope a in [-1, 1] and with *)
(* biases: the identities and inequalities of proofs/direct.md#following.     *)
(* Direct.v has them for ReLU without biases.                                 *)
(*   F i = <b_i(x), h_i(y)> + rest x i,                                       *)
(* what f(y) would be if the layers above i kept x's pattern; rest x i is     *)
(* what the biases above i add to f, and 0 without biases (rest_none).        *)
(*   F i.+1 = F i + (1 - a) sum_k b_k e_k                  (slope_layer)      *)
(*   equation (1) with the shares p_i              (slope_coherent_layer)     *)
(*   equation (2), what is left along h(x), with the tilt     (slope_along)   *)
(*   equation (3), what is left across h(x)                   (slope_across)  *)
(* and the same in standard normals (slope_along_normal, ...): there z(x) =   *)
(* nu gn, b = B gb for any vectors gn, gb.  Probabilities are not treated.    *)
(* Indices are those of BiasNetwork.v: layer i + 1 of the prose is i for z,   *)
(* D, l, e.  al, g, om, th are alpha, gamma, omega, vartheta.                 *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions.              *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Flips Slopes Segment Flip Direct Neuron BiasNetwork.
Require Import Ring Field.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* ---- One layer.                                                            *)
Section Layers.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Implicit Types (x y u : 'cV[R]_(d 0)) (i : nat) (al g om t th : R).
Add Field layers_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Ltac field_R := apply: (@addrI _ 0); simpl; fold_operations R; field; repeat split; by apply/eqP.
Local Notation h := (h a W bias).
Local Notation z := (z a W bias).
Local Notation f := (f a W w bias out).
Local Notation D := (D a W bias).
Local Notation grad := (grad a W w bias).
Local Notation b := (b a W w bias).
Local Notation l := (l a W w bias).
Local Notation rest := (rest a W w bias out).
Local Notation slope := (slope a).

Definition F x y i : R := (b x i *m h y i) 0 0 + rest x i.

Definition e x y i : 'cV[R]_(d i.+1) := \col_k excess (z x i k 0) (z y i k 0).

Definition sqr_l x i : R := \sum_k l x i k 0 ^+ 2.

Lemma e_entry x y i k : e x y i k 0 = excess (z x i k 0) (z y i k 0).
Proof. by rewrite mxE. Qed.

Lemma h_excess x y i k :
  h y i.+1 k 0 = slope (z x i k 0) * z y i k 0 + (1 - a) * e x y i k 0.
Proof. by rewrite h_entry e_entry (neuron_excess a (z x i k 0)). Qed.

Lemma F_below x y i : (i < L)%N -> F x y i = \sum_k l x i k 0 * z y i k 0 + rest x i.+1.
Proof. exact: row_below. Qed.

Lemma F_same x i : (i <= L)%N -> F x x i = f x.
Proof. by move=> iL; rewrite /F -bias_output_by_layer. Qed.

Theorem slope_start x y : F x y 0 = f x + (grad x *m (y - x)) 0 0.
Proof.
by rewrite mul_sub -(F_same x (leq0n L)) /F -!bias_backward_gradient /=; ring_R.
Qed.

Theorem slope_end x y : F x y L = f y.
Proof. by rewrite /F b_top rest_top. Qed.

Theorem slope_layer x y i : (i < L)%N ->
  F x y i.+1 = F x y i + (1 - a) * \sum_k b x i.+1 0 k * e x y i k 0.
Proof.
move=> iL; rewrite (F_below x y iL) /F addrAC; congr (_ + _).
rewrite mxE mulr_sumr -big_split; apply: eq_bigr => k _ /=.
by rewrite (h_excess x) l_entry; ring_R.
Qed.

Theorem slope_sum x y : f y - f x - (grad x *m (y - x)) 0 0 =
  (1 - a) * \sum_(i < L) \sum_k b x i.+1 0 k * e x y i k 0.
Proof.
rewrite -(slope_end x) -addrA -opprD -slope_start mulr_sumr.
suff upto n : (n <= L)%N -> F x y n - F x y 0 =
    \sum_(i < n) (1 - a) * \sum_k b x i.+1 0 k * e x y i k 0 by exact: upto.
elim: n => [|n IH] nL; first by rewrite subrr big_ord0.
by rewrite big_ord_recr /= -(IH (ltnW nL)) (slope_layer x y nL) addrAC.
Qed.

(* The step's first layer; at slope 1 it is all (bias_slope_one).             *)
Theorem slope_start_step x u t : (grad x *m u) 0 0 = - (t * f x) ->
  F x (x + u) 0 = (1 - t) * f x.
Proof. by move=> gu; rewrite slope_start addrAC subrr add0r gu; ring_R. Qed.

Theorem slope_one_step x u t : a = 1 -> (grad x *m u) 0 0 = - (t * f x) ->
  f (x + u) = (1 - t) * f x.
Proof.
move=> a1 /slope_start_step <-; rewrite slope_start; apply/eqP.
by rewrite -subr_eq0 opprD addrA slope_sum a1 subrr mul0r.
Qed.

(* Where z(y) = al z(x) + v comes from: with biases 1 - al of them is in v.   *)
Theorem slope_increment x y i al (r : 'cV[R]_(d i)) :
  h y i = al *: h x i + r ->
  z y i = al *: z x i + (W i *m r + (1 - al) *: bias i).
Proof.
move=> hy; rewrite /BiasNetwork.z hy mulmxDr -scalemxAr scalerDr scalerBl scale1r.
by rewrite -!addrA; congr (_ + _); rewrite addrCA; congr (_ + _); rewrite addrCA subrr addr0.
Qed.

Section Increment.
Variables (x y : 'cV[R]_(d 0)) (i : nat) (al : R) (v : 'cV[R]_(d i.+1)).
Hypothesis iL : (i < L)%N.
Hypothesis zy : z y i = al *: z x i + v.

Lemma z_entry k : z y i k 0 = al * z x i k 0 + v k 0.
Proof. by rewrite zy mxE [X in X + _]mxE. Qed.

(* What the increment has along l is known from F.                            *)
Theorem slope_along_l : \sum_k l x i k 0 * v k 0 = F x y i - al * f x - (1 - al) * rest x i.+1.
Proof.
rewrite F_below // -(F_same x (ltnW iL)) F_below //.
have -> : \sum_k l x i k 0 * z y i k 0 =
    al * (\sum_k l x i k 0 * z x i k 0) + \sum_k l x i k 0 * v k 0.
  by rewrite mulr_sumr -big_split; apply: eq_bigr => k _ /=; rewrite z_entry; ring_R.
by move: (\sum_k _) (\sum_k _) => s s'; ring_R.
Qed.

(* Along h(x): e counts at every neuron, with the slope of x.                 *)
Theorem slope_along_identity :
  \sum_k h x i.+1 k 0 * h y i.+1 k 0 =
  al * (\sum_k h x i.+1 k 0 ^+ 2) + \sum_k slope (z x i k 0) ^+ 2 * z x i k 0 * v k 0 +
  (1 - a) * \sum_k slope (z x i k 0) * z x i k 0 * e x y i k 0.
Proof.
rewrite !mulr_sumr -!big_split; apply: eq_bigr => k _ /=.
by rewrite (h_excess x y) z_entry h_entry; ring_R.
Qed.

(* Its last term.                                                             *)
Theorem slope_along_excess : a <= 1 -> 0 < al ->
  - ((1 - a) * Num.max 0 a / (4%:R * al) * \sum_(k | ~~ (0 < z x i k 0)) v k 0 ^+ 2) <=
  (1 - a) * (\sum_k slope (z x i k 0) * z x i k 0 * e x y i k 0) <=
  (1 - a) / (4%:R * al) * (\sum_(k | 0 < z x i k 0) v k 0 ^+ 2 +
    Num.max 0 (- a) * \sum_(k | ~~ (0 < z x i k 0)) v k 0 ^+ 2).
Proof.
move=> a1 al0; have a2 : 0 <= 1 - a by rewrite subr_ge0.
have one k := neuron_along a (z x i k 0) (v k 0) al0.
pose T k := v k 0 ^+ 2 / (4%:R * al).
have sumT (P : pred 'I_(d i.+1)) :
    \sum_(k | P k) T k = (\sum_(k | P k) v k 0 ^+ 2) / (4%:R * al) by rewrite mulr_suml.
have -> : - ((1 - a) * Num.max 0 a / (4%:R * al) * \sum_(k | ~~ (0 < z x i k 0)) v k 0 ^+ 2) =
    (1 - a) * - (Num.max 0 a * \sum_(k | ~~ (0 < z x i k 0)) T k).
  by rewrite sumT; move: (\sum_(k | _) _) (Num.max 0 a) (4%:R * al)^-1 => s M q; ring_R.
have -> : (1 - a) / (4%:R * al) * (\sum_(k | 0 < z x i k 0) v k 0 ^+ 2 +
      Num.max 0 (- a) * \sum_(k | ~~ (0 < z x i k 0)) v k 0 ^+ 2) =
    (1 - a) * (\sum_(k | 0 < z x i k 0) T k +
      Num.max 0 (- a) * \sum_(k | ~~ (0 < z x i k 0)) T k).
  rewrite !sumT; move: (\sum_(k | _) _) (\sum_(k | ~~ _) _) => s s'.
  by move: (Num.max 0 (- a)) (4%:R * al)^-1 => M q; ring_R.
apply/andP; split; apply: ler_wpmul2l => //; last first.
  rewrite (bigID (fun k => 0 < z x i k 0)) /= mulr_sumr.
  apply: ler_add; apply: ler_sum => k act; rewrite e_entry z_entry;
    by have := one k; rewrite ?act ?(negbTE act) => /andP[].
rewrite mulr_sumr -sumrN [X in X <= _]big_mkcond; apply: ler_sum => k _ /=.
by rewrite e_entry z_entry; have := one k; case: (0 < z x i k 0) => /= /andP[].
Qed.

(* The same with |v|^2 for the sum over inactive neurons, as in the prose.    *)
Theorem slope_along_excess_bounds : -1 <= a <= 1 -> 0 < al ->
  let E := (1 - a) * (\sum_k slope (z x i k 0) * z x i k 0 * e x y i k 0) in
  let A := \sum_(k | 0 < z x i k 0) v k 0 ^+ 2 in
  [/\ 0 <= a -> - ((1 - a) * a / (4%:R * al) * \sum_k v k 0 ^+ 2) <= E,
      a <= 0 -> 0 <= E,
      0 <= a -> E <= (1 - a) / (4%:R * al) * A
    & a <= 0 -> E <= (1 - a) / (4%:R * al) * ((1 + a) * A - a * \sum_k v k 0 ^+ 2)].
Proof.
move=> /andP[a_lo a1] al0 E A; have /andP[] := slope_along_excess a1 al0.
rewrite -/E -/A; set I := \sum_(k | ~~ _) _.
have -> : \sum_k v k 0 ^+ 2 = A + I by rewrite (bigID (fun k => 0 < z x i k 0)).
have A0 : 0 <= A by apply: sumr_ge0 => k _; apply: sqr_ge0.
have a2 : 0 <= 1 - a by rewrite subr_ge0.
have q0 : 0 <= (4%:R * al)^-1 by rewrite invr_ge0 mulr_ge0 ?ler0n // ltW.
move=> lo hi; split=> a0.
- apply: le_trans lo; rewrite ler_opp2 (max_r a0) ler_wpmul2l //.
    by rewrite !mulr_ge0.
  by rewrite ler_addr.
- by apply: le_trans lo; rewrite (max_l a0) mulr0 !mul0r oppr0.
- by move: hi; rewrite max_l ?oppr_le0 // mul0r addr0.
move: hi; rewrite max_r ?oppr_ge0 //.
by have -> : (1 + a) * A - a * (A + I) = A + - a * I by ring_R.
Qed.

(* Across h(x).                                                               *)
Theorem slope_across_sum : -1 <= a <= 1 -> 0 <= al ->
  \sum_k (h y i.+1 k 0 - al * h x i.+1 k 0) ^+ 2 <=
  \sum_k slope (z x i k 0) ^+ 2 * v k 0 ^+ 2 +
  (1 - a) * \sum_(k | ~~ (0 < z x i k 0)) psi a (v k 0) (al * `|z x i k 0|).
Proof.
move=> a1 al0; rewrite mulr_sumr [X in _ + X]big_mkcond -big_split; apply: ler_sum => k _ /=.
rewrite !h_entry z_entry; apply: le_trans (neuron_across _ _ a1 al0) _.
by rewrite /Slopes.slope; case: (0 < _) => /=; rewrite ?expr1n ?mul1r ?addr0.
Qed.

End Increment.

(* What l is, and that it does not vanish where f(x) is not due to biases.    *)
Theorem slope_gamma x y i al g (c : 'cV[R]_(d i.+1)) : (i < L)%N ->
  z y i = al *: z x i + (g *: l x i + c) -> \sum_k l x i k 0 * c k 0 = 0 ->
  g * sqr_l x i = F x y i - al * f x - (1 - al) * rest x i.+1.
Proof.
move=> iL zy lc; rewrite -(slope_along_l iL zy) /sqr_l mulr_sumr -[LHS]addr0 -[X in _ + X]lc.
rewrite -big_split; apply: eq_bigr => k _ /=.
have -> : (g *: l x i + c) k 0 = g * l x i k 0 + c k 0 by rewrite !mxE.
ring_R.
Qed.

Lemma sqr_l_neq0 x i : (i < L)%N -> f x != rest x i.+1 -> sqr_l x i != 0.
Proof.
move=> iL; apply: contra_neq => l0; rewrite -(F_same x (ltnW iL)) F_below //.
rewrite big1 ?add0r // => k _; apply/eqP; rewrite mulf_eq0 -sqrf_eq0; apply/orP; left; apply/eqP.
by apply: (psumr_eq0P _ l0) => // j _; apply: sqr_ge0.
Qed.

(* <l, z(x)> less its tilt: inactive neurons count with a^2 only.             *)
Lemma tilt x i : (i < L)%N ->
  \sum_k slope (z x i k 0) ^+ 2 * z x i k 0 * l x i k 0 =
  f x - rest x i.+1 -
  a * (1 - a ^+ 2) * \sum_(k | ~~ (0 < z x i k 0)) b x i.+1 0 k * z x i k 0.
Proof.
move=> iL; rewrite -(F_same x (ltnW iL)) F_below // addrK.
rewrite (big_mkcond (fun k => ~~ (0 < z x i k 0))) mulr_sumr -sumrB.
apply: eq_bigr => k _ /=; rewrite l_entry /Slopes.slope.
by case: (0 < _) => /=; ring_R.
Qed.

(* Equation (2), times |h(x)|^2.                                              *)
Theorem slope_along x y i al g (c : 'cV[R]_(d i.+1)) : (i < L)%N ->
  z y i = al *: z x i + (g *: l x i + c) ->
  \sum_k h x i.+1 k 0 * h y i.+1 k 0 =
  al * (\sum_k h x i.+1 k 0 ^+ 2) + g * (f x - rest x i.+1) -
  g * (a * (1 - a ^+ 2)) * (\sum_(k | ~~ (0 < z x i k 0)) b x i.+1 0 k * z x i k 0) +
  \sum_k slope (z x i k 0) * h x i.+1 k 0 * c k 0 +
  (1 - a) * \sum_k slope (z x i k 0) * z x i k 0 * e x y i k 0.
Proof.
move=> iL zy; rewrite (slope_along_identity zy); congr (_ + _).
have -> : \sum_k slope (z x i k 0) ^+ 2 * z x i k 0 * (g *: l x i + c) k 0 =
    g * (\sum_k slope (z x i k 0) ^+ 2 * z x i k 0 * l x i k 0) +
    \sum_k slope (z x i k 0) * h x i.+1 k 0 * c k 0.
  rewrite mulr_sumr -big_split; apply: eq_bigr => k _ /=.
  have -> : (g *: l x i + c) k 0 = g * l x i k 0 + c k 0 by rewrite !mxE.
  by rewrite h_entry; ring_R.
rewrite tilt //; ring_R.
Qed.

End Layers.

(* ---- Equation (3).  The increment is g l + om xi; N is the length of l,    *)
(* th the share of the threshold left to xi.                                  *)
Section Across.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Add Field across_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Ltac field_R := apply: (@addrI _ 0); simpl; fold_operations R; field; repeat split; by apply/eqP.
Local Notation h := (h a W bias).
Local Notation z := (z a W bias).
Local Notation b := (b a W w bias).
Local Notation l := (l a W w bias).
Local Notation slope := (slope a).
Local Notation sqr_l := (sqr_l a W w bias).

Variables (x y : 'cV[R]_(d 0)) (i : nat) (al g om th N : R) (xi : 'cV[R]_(d i.+1)).

(* The part of xi along l, the length X of the increment along l, what l has  *)
(* on inactive neurons (q' and v of the prose), and k and V.                  *)
Definition xi_along : R := (\sum_k l x i k 0 * xi k 0) / N.
Definition size_along : R := g * N + om * xi_along.
Definition lean : R := (\sum_(k | ~~ (0 < z x i k 0)) l x i k 0 * xi k 0) / N.
Definition inactive_share : R := (\sum_(k | ~~ (0 < z x i k 0)) l x i k 0 ^+ 2) / N ^+ 2.
Definition swell : R := (1 - a ^+ 2) * inactive_share * (th / (1 - th)).
Definition fresh : R := \sum_k slope (z x i k 0) ^+ 2 * xi k 0 ^+ 2 +
  (1 - a) / th * \sum_(k | ~~ (0 < z x i k 0)) psi a (xi k 0) (th * (al * `|z x i k 0|) / om).

Local Notation v := (g *: l x i + om *: xi).
Local Notation ahead := (\sum_k slope (z x i k 0) ^+ 2 * v k 0 ^+ 2 +
  (1 - a) * \sum_(k | ~~ (0 < z x i k 0)) psi a (v k 0) (al * `|z x i k 0|)).

Hypothesis a1 : -1 <= a <= 1.
Hypothesis al0 : 0 <= al.
Hypothesis om0 : 0 < om.
Hypothesis N0 : N != 0.
Hypothesis N_l : N ^+ 2 = sqr_l x i.
(* For ReLU l vanishes on inactive neurons, and th = 1 costs nothing.         *)
Hypothesis th1 : 0 < th < 1 \/ th = 1 /\ a = 0.

Lemma v_entry k : v k 0 = g * l x i k 0 + om * xi k 0.
Proof. by rewrite !mxE. Qed.

Lemma th_neq0 : th != 0.
Proof. by case: th1 => [/andP[/gt_eqF ->]|[-> _]] //; apply: oner_neq0. Qed.

Lemma a_sides : 0 <= 1 - a /\ 0 <= 1 + a.
Proof. by have /andP[lo hi] := a1; rewrite subr_ge0 hi -(opprK 1) addrC subr_ge0. Qed.

(* The weight of what is added is that of mixing xi and l: see psi_split.     *)
Lemma psi_neuron k : ~~ (0 < z x i k 0) ->
  psi a (v k 0) (al * `|z x i k 0|) <=
  om ^+ 2 / th * psi a (xi k 0) (th * (al * `|z x i k 0|) / om) +
  (1 + a) / (1 - th) * g ^+ 2 * l x i k 0 ^+ 2.
Proof.
move=> act; have u0 : 0 <= al * `|z x i k 0| by rewrite mulr_ge0.
have omN : om != 0 by rewrite gt_eqF.
have [_ a2] := a_sides; have /andP[a_lo _] := a1.
have scaled s : psi a (om * xi k 0) (th * (al * `|z x i k 0|)) / s =
    om ^+ 2 / s * psi a (xi k 0) (th * (al * `|z x i k 0|) / om).
  have -> : th * (al * `|z x i k 0|) = om * (th * (al * `|z x i k 0|) / om).
    by rewrite [RHS]mulrC divfK.
  rewrite psi_scale ?ltW //; set P := psi _ _ _.
  have -> : om * (th * (al * `|z x i k 0|) / om) / om = th * (al * `|z x i k 0|) / om.
    by rewrite [om * _]mulrC divfK.
  by rewrite mulrAC.
rewrite v_entry addrC; case: th1 => [th01|[th_1 a_0]]; last first.
  have -> : l x i k 0 = 0 by rewrite l_entry /Slopes.slope (negbTE act) a_0 mul0r.
  rewrite expr0n /= !mulr0 !addr0 -(scaled th) th_1 mul1r divr1.
  exact: lexx.
apply: le_trans (psi_split _ _ a_lo u0 th01) _.
rewrite (scaled th) ler_add2l -[X in _ <= X]mulrA -exprMn.
have /andP[_ th_lt] := th01; have th' : 0 <= (1 - th)^-1 by rewrite invr_ge0 subr_ge0 ltW.
apply: ler_wpmul2l; first by rewrite mulr_ge0.
case: (leP 0 (g * l x i k 0)) => // _.
by rewrite expr0n /= sqr_ge0.
Qed.

Theorem slope_across_quadratic :
  ahead <= size_along ^+ 2 - (om * xi_along) ^+ 2 -
    2%:R * (1 - a ^+ 2) * lean * om * (size_along - om * xi_along) +
    swell * (size_along - om * xi_along) ^+ 2 + om ^+ 2 * fresh.
Proof.
have [a2 a3] := a_sides; have thN := th_neq0.
pose LI := \sum_(k | ~~ (0 < z x i k 0)) l x i k 0 ^+ 2.
pose LX := \sum_(k | ~~ (0 < z x i k 0)) l x i k 0 * xi k 0.
pose PI := \sum_(k | ~~ (0 < z x i k 0)) psi a (xi k 0) (th * (al * `|z x i k 0|) / om).
have psis : (1 - a) * (\sum_(k | ~~ (0 < z x i k 0)) psi a (v k 0) (al * `|z x i k 0|)) <=
    (1 - a) * (om ^+ 2 / th * PI + (1 + a) / (1 - th) * g ^+ 2 * LI).
  apply: ler_wpmul2l => //; rewrite !mulr_sumr -big_split.
  by apply: ler_sum => k; apply: psi_neuron.
apply: le_trans (ler_add (lexx _) psis) _.
have masked (s : 'I_(d i.+1) -> R) : \sum_k slope (z x i k 0) ^+ 2 * s k =
    \sum_k s k - (1 - a ^+ 2) * \sum_(k | ~~ (0 < z x i k 0)) s k.
  rewrite (big_mkcond (fun k => ~~ (0 < z x i k 0))) mulr_sumr -sumrB.
  apply: eq_bigr => k _; rewrite /Slopes.slope.
  by case: (0 < _) => /=; ring_R.
have -> : \sum_k slope (z x i k 0) ^+ 2 * v k 0 ^+ 2 =
    g ^+ 2 * (N ^+ 2 - (1 - a ^+ 2) * LI) +
    2%:R * g * om * (\sum_k l x i k 0 * xi k 0 - (1 - a ^+ 2) * LX) +
    om ^+ 2 * \sum_k slope (z x i k 0) ^+ 2 * xi k 0 ^+ 2.
  rewrite N_l -!masked !mulr_sumr -!big_split; apply: eq_bigr => k _ /=.
  by rewrite v_entry; ring_R.
rewrite /fresh -/PI.
have -> : \sum_k l x i k 0 * xi k 0 = N * xi_along by rewrite mulrC divfK.
have -> : LX = N * lean by rewrite mulrC divfK.
have LI_share : LI = N ^+ 2 * inactive_share by rewrite mulrC divfK // sqrf_eq0.
have mixed : (1 + a) / (1 - th) * (1 - a) * LI = (1 - a ^+ 2) * LI + swell * N ^+ 2.
  case: th1 => [/andP[_ th_lt]|[th_1 a_0]].
    have th'N : 1 - th != 0 by rewrite gt_eqF // subr_gt0.
    by rewrite LI_share /swell; field_R.
  have -> : LI = 0.
    apply: big1 => k act; rewrite l_entry /Slopes.slope (negbTE act) a_0 mul0r.
    by rewrite expr0n.
  by rewrite /swell th_1 subrr invr0 !mulr0 mul0r addr0.
rewrite le_eqVlt; apply/orP; left; apply/eqP.
set S := \sum_k _; rewrite /size_along.
have -> : (1 - a) * (om ^+ 2 / th * PI + (1 + a) / (1 - th) * g ^+ 2 * LI) =
    om ^+ 2 * ((1 - a) / th * PI) + g ^+ 2 * ((1 + a) / (1 - th) * (1 - a) * LI).
  by move: (th^-1) ((1 - th)^-1) => q r; ring_R.
by rewrite mixed; move: ((1 - a) / th) => q; ring_R.
Qed.

Theorem slope_across_largest : swell < 1 ->
  ahead <= (`|size_along| + (1 - a ^+ 2) * om * `|lean|) ^+ 2 / (1 - swell) + om ^+ 2 * fresh.
Proof.
move=> k1; apply: le_trans slope_across_quadratic _; rewrite ler_add2r.
apply: quadratic_largest => //; last exact: ltW.
by have [a2 a3] := a_sides; rewrite (_ : 1 - a ^+ 2 = (1 - a) * (1 + a)) ?mulr_ge0 //; ring_R.
Qed.

Hypothesis zy : z y i = al *: z x i + v.

Theorem slope_across : swell < 1 ->
  let bound := (`|size_along| + (1 - a ^+ 2) * om * `|lean|) ^+ 2 / (1 - swell) +
    om ^+ 2 * fresh in
  \sum_k (h y i.+1 k 0 - al * h x i.+1 k 0) ^+ 2 <= bound /\
  \sum_(k | 0 < z x i k 0) v k 0 ^+ 2 <= bound.
Proof.
move=> k1 bound; have largest := slope_across_largest k1; split.
  exact: le_trans (slope_across_sum zy a1 al0) largest.
apply: le_trans largest; have [a2 _] := a_sides; have /andP[a_lo _] := a1.
rewrite -[X in X <= _]addr0; apply: ler_add.
  rewrite big_mkcond; apply: ler_sum => k _ /=; rewrite /Slopes.slope.
  by case: (0 < _) => /=; rewrite ?expr1n ?mul1r // mulr_ge0 ?sqr_ge0.
by rewrite mulr_ge0 // sumr_ge0 // => k _; rewrite psi_ge0 // mulr_ge0.
Qed.

(* At slope -1 it bounds the increments of all neurons.                       *)
Theorem slope_across_all : a = -1 -> swell < 1 ->
  \sum_k v k 0 ^+ 2 <=
  (`|size_along| + (1 - a ^+ 2) * om * `|lean|) ^+ 2 / (1 - swell) + om ^+ 2 * fresh.
Proof.
move=> am k1; apply: le_trans (slope_across_largest k1); have [a2 _] := a_sides.
have /andP[a_lo _] := a1; rewrite -[X in X <= _]addr0; apply: ler_add.
  apply: ler_sum => k _; rewrite /Slopes.slope am.
  by case: (0 < _) => /=; rewrite ?sqrrN expr1n mul1r.
by rewrite mulr_ge0 // sumr_ge0 // => k _; rewrite psi_ge0 // mulr_ge0.
Qed.

End Across.

(* ---- Equation (1): what g l does to the activation, in the presence of c.  *)
Section Coherent.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Implicit Types (x y : 'cV[R]_(d 0)) (i : nat) (al g s : R).
Add Field coherent_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Ltac field_R := apply: (@addrI _ 0); simpl; fold_operations R; field; repeat split; by apply/eqP.
Local Notation z := (z a W bias).
Local Notation f := (f a W w bias out).
Local Notation b := (b a W w bias).
Local Notation l := (l a W w bias).
Local Notation rest := (rest a W w bias out).
Local Notation slope := (slope a).
Local Notation F := (F a W w bias out).
Local Notation e := (e a W bias).
Local Notation sqr_l := (sqr_l a W w bias).

(* e^0 of the prose, the noise N, and the shares p_k and p.  p_k is the share *)
(* of tau in [0, 1] with - s (c + tau g l) > al |z|: Direct.share_interval.   *)
Definition e0 x i al (c : 'cV[R]_(d i.+1)) : 'cV[R]_(d i.+1) :=
  \col_k excess (z x i k 0) (al * z x i k 0 + c k 0).

Definition noise x i al (c : 'cV[R]_(d i.+1)) : R :=
  (1 - a) * \sum_k b x i.+1 0 k * e0 x al c k 0.

Definition neuron_share x i al g (c : 'cV[R]_(d i.+1)) k : R :=
  share (- (sign (z x i k 0) * c k 0) - al * `|z x i k 0|)
    (- (sign (z x i k 0) * (g * l x i k 0))).

Definition layer_share x i al g (c : 'cV[R]_(d i.+1)) : R :=
  (1 - a) * (\sum_k sign (z x i k 0) * slope (z x i k 0) * b x i.+1 0 k ^+ 2 *
    neuron_share x al g c k) / sqr_l x i.

Lemma e0_formula x i al (c : 'cV[R]_(d i.+1)) k :
  e0 x al c k 0 = Num.max 0 (- (sign (z x i k 0) * c k 0) - al * `|z x i k 0|).
Proof. by rewrite mxE excess_formula. Qed.

Lemma neuron_share_range x i al g (c : 'cV[R]_(d i.+1)) k : 0 <= neuron_share x al g c k <= 1.
Proof. exact: share_range. Qed.

(* |l|^2 = sum_A b^2 + a^2 sum_I b^2.                                         *)
Lemma sqr_l_split x i : sqr_l x i = \sum_(k | 0 < z x i k 0) b x i.+1 0 k ^+ 2 +
  a ^+ 2 * \sum_(k | ~~ (0 < z x i k 0)) b x i.+1 0 k ^+ 2.
Proof.
rewrite -[LHS]/(\sum_k l x i k 0 ^+ 2) (bigID (fun k => 0 < z x i k 0)) /= mulr_sumr.
congr (_ + _); apply: eq_bigr => k act; rewrite l_entry exprMn /Slopes.slope.
  by rewrite act expr1n mul1r.
by rewrite (negbTE act).
Qed.

Section Range.
Variables (x : 'cV[R]_(d 0)) (i : nat) (al g : R) (c : 'cV[R]_(d i.+1)).
Local Notation A := (\sum_(k | 0 < z x i k 0) b x i.+1 0 k ^+ 2).
Local Notation I := (\sum_(k | ~~ (0 < z x i k 0)) b x i.+1 0 k ^+ 2).
Local Notation PA := (\sum_(k | 0 < z x i k 0) b x i.+1 0 k ^+ 2 * neuron_share x al g c k).
Local Notation PI := (\sum_(k | ~~ (0 < z x i k 0)) b x i.+1 0 k ^+ 2 * neuron_share x al g c k).

Lemma layer_share_split : layer_share x al g c = (1 - a) * (PA - a * PI) / sqr_l x i.
Proof.
rewrite /layer_share; congr (_ * _ / _); rewrite (bigID (fun k => 0 < z x i k 0)) /=.
rewrite mulr_sumr -sumrN; congr (_ + _); apply: eq_bigr => k act.
  by rewrite /sign /Slopes.slope act !mul1r.
by rewrite /sign /Slopes.slope (negbTE act); ring_R.
Qed.

Lemma parts_range (P : pred 'I_(d i.+1)) :
  0 <= \sum_(k | P k) b x i.+1 0 k ^+ 2 * neuron_share x al g c k <=
  \sum_(k | P k) b x i.+1 0 k ^+ 2.
Proof.
apply/andP; split.
  apply: sumr_ge0 => k _; have /andP[p0 _] := neuron_share_range x al g c k.
  by rewrite mulr_ge0 ?sqr_ge0.
apply: ler_sum => k _; have /andP[_ p1] := neuron_share_range x al g c k.
by rewrite ler_pimulr ?sqr_ge0.
Qed.

Hypothesis l0 : sqr_l x i != 0.

Lemma sqr_l_pos : 0 < sqr_l x i.
Proof. by rewrite lt_def l0 sumr_ge0 // => k _; apply: sqr_ge0. Qed.

(* For ReLU the lower end is 0, as 0^-1 = 0 here.                             *)
Theorem slope_share_range_pos : 0 <= a <= 1 -> - ((1 - a) / a) <= layer_share x al g c <= 1 - a.
Proof.
move=> /andP[a0 a1]; have a2 : 0 <= 1 - a by rewrite subr_ge0.
have /andP[pa0 pa1] := parts_range (fun k => 0 < z x i k 0).
have /andP[pi0 pi1] := parts_range (fun k => ~~ (0 < z x i k 0)).
have I0 := le_trans pi0 pi1; have A0 := le_trans pa0 pa1.
rewrite layer_share_split -mulrA; apply/andP; split; last first.
  apply: ler_pimulr => //; rewrite ler_pdivr_mulr ?sqr_l_pos // mul1r sqr_l_split.
  apply: ler_add; first exact: pa1.
  by apply: (@le_trans _ _ 0); rewrite ?oppr_le0 mulr_ge0 // sqr_ge0.
rewrite -mulrN ler_wpmul2l // ler_pdivl_mulr ?sqr_l_pos // sqr_l_split.
have -> : - a^-1 * (A + a ^+ 2 * I) = - (a^-1 * A) - a^-1 * a ^+ 2 * I.
  by move: (a^-1) => q; ring_R.
have -> : a^-1 * a ^+ 2 = a.
  have [->|aN] := eqVneq a 0; first by rewrite invr0 mul0r.
  by rewrite expr2 mulrA mulVf // mul1r.
apply: ler_add; last by rewrite ler_opp2 ler_wpmul2l.
by apply: (@le_trans _ _ 0) => //; rewrite oppr_le0 mulr_ge0 // invr_ge0.
Qed.

Theorem slope_share_range_neg : -1 <= a -> a < 0 -> 0 <= layer_share x al g c <= (1 - a) / - a.
Proof.
move=> a1 a0; have a2 : 0 <= 1 - a by rewrite subr_ge0 (le_trans (ltW a0)) // ler01.
have n0 : 0 < - a by rewrite oppr_gt0.
have n1 : - a <= 1 by rewrite ler_oppl.
have /andP[pa0 pa1] := parts_range (fun k => 0 < z x i k 0).
have /andP[pi0 pi1] := parts_range (fun k => ~~ (0 < z x i k 0)).
have A0 := le_trans pa0 pa1.
rewrite layer_share_split -mulNr; apply/andP; split.
  by rewrite mulr_ge0 ?invr_ge0 ?(ltW sqr_l_pos) // mulr_ge0 // addr_ge0 // mulr_ge0 // ltW.
rewrite -mulrA ler_wpmul2l // ler_pdivr_mulr ?sqr_l_pos // sqr_l_split.
rewrite ler_pdivl_mull // mulrDr; apply: ler_add.
  by apply: le_trans pa1; rewrite ler_pimull.
rewrite mulrA -expr2 sqrrN ler_wpmul2l ?sqr_ge0 //.
Qed.

End Range.

Section Layer.
Variables (x y : 'cV[R]_(d 0)) (i : nat) (al g : R) (c : 'cV[R]_(d i.+1)).
Hypothesis iL : (i < L)%N.
Hypothesis zy : z y i = al *: z x i + (g *: l x i + c).

(* The coherent part of one neuron; where a is 0, l is 0 on inactive neurons. *)
Theorem slope_coherent_neuron k :
  b x i.+1 0 k * (e x y i k 0 - e0 x al c k 0) =
  - (g * (sign (z x i k 0) * slope (z x i k 0) * b x i.+1 0 k ^+ 2 * neuron_share x al g c k)).
Proof.
rewrite e0_formula e_entry.
have -> : z y i k 0 = al * z x i k 0 + (g * l x i k 0 + c k 0) by rewrite zy !mxE.
rewrite excess_formula /neuron_share; set s := sign _; set p := share _ _.
have -> : - (s * (g * l x i k 0 + c k 0)) - al * `|z x i k 0| =
    - (s * c k 0) - al * `|z x i k 0| + - (s * (g * l x i k 0)) by ring_R.
by rewrite shareE -/p l_entry; ring_R.
Qed.

Hypothesis l0 : sqr_l x i != 0.

(* Before division by f(x).                                                   *)
Theorem slope_coherent_layer :
  F x y i.+1 = F x y i - layer_share x al g c * (g * sqr_l x i) + noise x al c.
Proof.
rewrite slope_layer // -addrA; congr (_ + _).
have -> : \sum_k b x i.+1 0 k * e x y i k 0 =
    \sum_k b x i.+1 0 k * (e x y i k 0 - e0 x al c k 0) + \sum_k b x i.+1 0 k * e0 x al c k 0.
  by rewrite -big_split; apply: eq_bigr => k _ /=; ring_R.
rewrite mulrDr -/(noise x al c); congr (_ + _).
under eq_bigr do rewrite slope_coherent_neuron.
by rewrite sumrN -mulr_sumr /layer_share; set S := \sum_k _; field_R.
Qed.

(* In units of f(x).                                                          *)
Let Dh := F x y i / f x - (al + (1 - al) * rest x i.+1 / f x).
Let D' := g * sqr_l x i / f x.
Let p := layer_share x al g c.

Theorem slope_output : F x y i.+1 / f x = F x y i / f x - p * D' + noise x al c / f x.
Proof. by rewrite slope_coherent_layer mulrDl mulrBl -mulrA. Qed.

Hypothesis DD' : Dh <= D' <= 0.

(* What the coherent part does at most, upwards and downwards.                *)
Theorem slope_coherent_bounds (P Pm Dbar : R) : 0 <= P -> 0 <= Pm -> - Pm <= p <= P ->
  - Dh <= Dbar -> - (Pm * Dbar) <= - (p * D') <= P * - Dh.
Proof.
move=> P0 Pm0 /andP[pm pP] DDbar; have /andP[D1 D2] := DD'.
have D3 : 0 <= - D' by rewrite oppr_ge0.
have -> : - (p * D') = p * - D' by rewrite mulrN.
apply/andP; split.
  rewrite -mulNr; apply: (@le_trans _ _ (- Pm * - D')).
    by rewrite !mulNr ler_opp2 ler_wpmul2l // (le_trans _ DDbar) // ler_opp2.
  by rewrite ler_wpmul2r.
apply: (@le_trans _ _ (P * - D')); first by rewrite ler_wpmul2r.
by rewrite ler_wpmul2l // ler_opp2.
Qed.

(* direct.error, from bounds of p on both sides, of |D| and of the noise.     *)
Theorem slope_error (P Pm Dbar Nbar : R) : 0 <= P -> 0 <= Pm -> - Pm <= p <= P ->
  - Dh <= Dbar -> `|noise x al c| / `|f x| <= Nbar ->
  `|F x y i.+1 - F x y i| / `|f x| <= Num.max P Pm * Dbar + Nbar.
Proof.
move=> P0 Pm0 pP DDbar NNbar; have /andP[lo hi] := slope_coherent_bounds P0 Pm0 pP DDbar.
have /andP[D1 D2] := DD'; have Dbar0 : 0 <= Dbar.
  by apply: le_trans DDbar; rewrite oppr_ge0 (le_trans D1).
rewrite -normf_div mulrBl slope_output [_ - _ + _]addrAC -addrA addrAC subrr add0r.
apply: le_trans (ler_norm_add _ _) _; rewrite addrC normf_div; apply: ler_add => //.
rewrite ler_norml; apply/andP; split; last first.
  apply: (le_trans hi); apply: (@le_trans _ _ (P * Dbar)); first exact: ler_wpmul2l.
  by rewrite ler_wpmul2r // le_maxr lexx.
apply: le_trans lo; rewrite ler_opp2 ler_wpmul2r //.
by rewrite le_maxr lexx orbT.
Qed.

(* The recursion's two sides.                                                 *)
Theorem slope_recursion (P Pm Dbar Phi phi A Nb : R) : 0 <= P <= 1 -> 0 <= Pm ->
  - Pm <= p <= P -> - Dh <= Dbar -> `|noise x al c / f x| <= Nb ->
  al + (1 - al) * rest x i.+1 / f x <= A -> phi <= F x y i / f x <= Phi ->
  phi - Pm * Dbar - Nb <= F x y i.+1 / f x <= (1 - P) * Phi + P * A + Nb.
Proof.
move=> /andP[P0 P1] Pm0 pP DDbar; rewrite ler_norml => /andP[Nlo Nhi] alA /andP[lo hi].
have /andP[down up] := slope_coherent_bounds P0 Pm0 pP DDbar.
rewrite slope_output; apply/andP; split.
  by apply: ler_add => //; apply: ler_add.
apply: ler_add => //; apply: le_trans (ler_add (lexx _) up) _.
have -> : F x y i / f x + P * - Dh = (1 - P) * (F x y i / f x) +
    P * (al + (1 - al) * rest x i.+1 / f x).
  by rewrite /Dh; move: (F x y i / f x) ((1 - al) * rest x i.+1 / f x) => q r; ring_R.
by rewrite ler_add // ler_wpmul2l // subr_ge0.
Qed.

End Layer.

(* How D <= D' <= 0 comes about: with c across l, D' = D, and any part s l of *)
(* g l may be counted to c instead (a free normal: Direct.direct_free_normal).*)
Theorem slope_free_layer x y i al g s (c : 'cV[R]_(d i.+1)) : (i < L)%N -> f x != 0 ->
  z y i = al *: z x i + (g *: l x i + c) -> \sum_k l x i k 0 * c k 0 = 0 ->
  z y i = al *: z x i + ((g - s) *: l x i + (c + s *: l x i)) /\
  (g - s) * sqr_l x i / f x =
  F x y i / f x - (al + (1 - al) * rest x i.+1 / f x) - s * sqr_l x i / f x.
Proof.
move=> iL fx zy lc; split.
  by rewrite zy scalerBl -!addrA [c + _]addrC; congr (_ + (_ + _)); rewrite addKr.
rewrite mulrBl (slope_gamma out iL zy lc).
by move: (F x y i) (rest x i.+1) (s * sqr_l x i) (f x) fx => q r t u u0; field_R.
Qed.

End Coherent.

(* ---- The step, from the input to the sign of the output.                   *)
Section Step.
Variables (R : rcfType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Implicit Types (x y : 'cV[R]_(d 0)) (i : nat) (t : R).
Add Field step_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Local Notation h := (h a W bias).
Local Notation z := (z a W bias).
Local Notation f := (f a W w bias out).
Local Notation grad := (grad a W w bias).
Local Notation l := (l a W w bias).
Local Notation rest := (rest a W w bias out).
Local Notation F := (F a W w bias out).
Local Notation sqr_l := (sqr_l a W w bias).

Theorem slope_start_network x t : grad x != 0 -> F x (x + step (grad x) t (f x)) 0 = (1 - t) * f x.
Proof. by move=> g0; apply: slope_start_step; rewrite -/(pair _ _) step_pair. Qed.

(* The part across h(x) is what the projection leaves: the shortest rest.     *)
Theorem slope_across_rest x y i (al q B : R) :
  \sum_k (h y i.+1 k 0 - al * h x i.+1 k 0) ^+ 2 <= B ->
  dot (h y i.+1 - q *: h x i.+1) (h x i.+1) = 0 ->
  norm (h y i.+1 - q *: h x i.+1) ^+ 2 <= B.
Proof.
move=> bound orth; apply: le_trans (shortest_rest al orth) _; apply: le_trans bound.
rewrite norm_sqr dot_col; apply: ler_sum => k _.
have entry m (s r : 'cV[R]_m) j : (s - al *: r) j 0 = s j 0 - al * r j 0 by rewrite !mxE.
by rewrite !entry expr2.
Qed.

(* With the certified numbers P, Pm, A, Nb, Phi, phi of the recursion the     *)
(* ratio f(y)/f(x) is at most Phi L.                                          *)
Theorem slope_step_flips x t (al g : nat -> R) (c : forall i, 'cV[R]_(d i.+1))
    (P Pm A Nb Phi phi : nat -> R) (y := x + step (grad x) t (f x)) :
  f x != 0 -> grad x != 0 -> 0 < t ->
  (forall i, (i < L)%N -> sqr_l x i != 0) ->
  (forall i, (i < L)%N -> z y i = al i *: z x i + (g i *: l x i + c i)) ->
  (forall i, (i < L)%N -> F x y i / f x - (al i + (1 - al i) * rest x i.+1 / f x) <=
     g i * sqr_l x i / f x <= 0) ->
  (forall i, (i < L)%N -> - Pm i <= layer_share a W w bias x (al i) (g i) (c i) <= P i) ->
  (forall i, (i < L)%N -> 0 <= P i <= 1) -> (forall i, (i < L)%N -> 0 <= Pm i) ->
  (forall i, (i < L)%N -> al i + (1 - al i) * rest x i.+1 / f x <= A i) ->
  (forall i, (i < L)%N -> `|noise a W w bias x (al i) (c i) / f x| <= Nb i) ->
  phi 0%N <= 1 - t <= Phi 0%N ->
  (forall i, (i < L)%N -> phi i.+1 <= phi i - Pm i * (A i - phi i) - Nb i) ->
  (forall i, (i < L)%N -> (1 - P i) * Phi i + P i * A i + Nb i <= Phi i.+1) ->
  (forall i, (i <= L)%N -> phi i <= F x y i / f x <= Phi i) /\
  (1 - Phi L) / t <= (f x - f y) / (t * f x) /\ (Phi L < 0 -> f y * f x < 0).
Proof.
move=> fx gx t0 l0 zy DD' pP P01 Pm0 alA NNb start down up.
have bound : forall i, (i <= L)%N -> phi i <= F x y i / f x <= Phi i.
  elim=> [|i IH] iL; first by rewrite slope_start_network // mulfK.
  have /andP[lo hi] := IH (ltnW iL).
  have Dbar : - (F x y i / f x - (al i + (1 - al i) * rest x i.+1 / f x)) <= A i - phi i.
    by rewrite opprB; apply: ler_sub => //; apply: alA.
  have /andP[below above] := slope_recursion iL (zy i iL) (l0 i iL) (DD' i iL) (P01 i iL)
    (Pm0 i iL) (pP i iL) Dbar (NNb i iL) (alA i iL) (IH (ltnW iL)).
  by rewrite (le_trans (down i iL) below) (le_trans above (up i iL)).
split=> //; apply: ratio_flips => //.
rewrite -/y -(slope_end a W w bias out x y).
by have /andP[] := bound L (leqnn L).
Qed.

End Step.

(* ---- The same in standard normals: z(x) = nu gn and b = B gb.              *)
Section Normal.
Variables (R : rcfType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Add Field normal_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Ltac field_R := apply: (@addrI _ 0); simpl; fold_operations R; field; repeat split; by apply/eqP.
Local Notation h := (h a W bias).
Local Notation z := (z a W bias).
Local Notation f := (f a W w bias out).
Local Notation b := (b a W w bias).
Local Notation l := (l a W w bias).
Local Notation rest := (rest a W w bias out).
Local Notation slope := (slope a).
Local Notation F := (F a W w bias out).
Local Notation e := (e a W bias).
Local Notation sqr_l := (sqr_l a W w bias).

Variables (x y : 'cV[R]_(d 0)) (i : nat) (al g rho : R) (xi : 'cV[R]_(d i.+1)).
Variables (nu B : R) (gn : 'cV[R]_(d i.+1)) (gb : 'rV[R]_(d i.+1)).

(* rho is R of the prose, so that om = rho nu, and r = rho / al.              *)
Definition S_h : R := \sum_k slope (gn k 0) ^+ 2 * gn k 0 ^+ 2.
Definition S_b : R := \sum_k slope (gn k 0) ^+ 2 * gb 0 k ^+ 2.
Definition len_l : R := B * Num.sqrt S_b.
Definition Y : R := f x / (len_l * nu).

Hypothesis nu0 : 0 < nu.
Hypothesis B0 : 0 < B.
Hypothesis z_gn : z x i = nu *: gn.
Hypothesis b_gb : b x i.+1 = B *: gb.
Hypothesis S_h0 : S_h != 0.
Hypothesis S_b0 : S_b != 0.
Hypothesis iL : (i < L)%N.
Hypothesis fx : f x != 0.

Lemma z_gn_entry k : z x i k 0 = nu * gn k 0.
Proof. by rewrite z_gn mxE. Qed.

Lemma b_gb_entry k : b x i.+1 0 k = B * gb 0 k.
Proof. by rewrite b_gb mxE. Qed.

Lemma active_gn k : (0 < z x i k 0) = (0 < gn k 0).
Proof. by rewrite z_gn_entry pmulr_rgt0. Qed.

Lemma slope_gn k : slope (z x i k 0) = slope (gn k 0).
Proof. by rewrite /Slopes.slope active_gn. Qed.

Lemma sign_gn k : sign (z x i k 0) = sign (gn k 0).
Proof. by rewrite /sign active_gn. Qed.

Lemma norm_gn k : `|z x i k 0| = nu * `|gn k 0|.
Proof. by rewrite z_gn_entry normrM gtr0_norm. Qed.

Lemma l_gb k : l x i k 0 = B * (slope (gn k 0) * gb 0 k).
Proof. by rewrite l_entry slope_gn b_gb_entry mulrCA. Qed.

Lemma h_gn k : h x i.+1 k 0 = nu * (slope (gn k 0) * gn k 0).
Proof. by rewrite h_entry slope_gn z_gn_entry mulrCA. Qed.

Lemma sqr_h_normal : \sum_k h x i.+1 k 0 ^+ 2 = nu ^+ 2 * S_h.
Proof. by rewrite mulr_sumr; apply: eq_bigr => k _; rewrite h_gn; ring_R. Qed.

Lemma sqr_l_normal : sqr_l x i = B ^+ 2 * S_b.
Proof. by rewrite mulr_sumr; apply: eq_bigr => k _; rewrite l_gb; ring_R. Qed.

Lemma S_b_pos : 0 < S_b.
Proof. by rewrite lt_def S_b0 sumr_ge0 // => k _; rewrite mulr_ge0 ?sqr_ge0. Qed.

Lemma S_h_pos : 0 < S_h.
Proof. by rewrite lt_def S_h0 sumr_ge0 // => k _; rewrite mulr_ge0 ?sqr_ge0. Qed.

Lemma root_S_h : Num.sqrt S_h ^+ 2 = S_h.
Proof. by rewrite sqr_sqrtr // ltW // S_h_pos. Qed.

Lemma root_S_b : Num.sqrt S_b ^+ 2 = S_b.
Proof. by rewrite sqr_sqrtr // ltW // S_b_pos. Qed.

Lemma root_S_h0 : Num.sqrt S_h != 0.
Proof. by rewrite gt_eqF // sqrtr_gt0 S_h_pos. Qed.

Lemma root_S_b0 : Num.sqrt S_b != 0.
Proof. by rewrite gt_eqF // sqrtr_gt0 S_b_pos. Qed.

Lemma len_l_sqr : len_l ^+ 2 = sqr_l x i.
Proof. by rewrite exprMn root_S_b sqr_l_normal. Qed.

Lemma nuN : nu != 0. Proof. by rewrite gt_eqF. Qed.
Lemma BN : B != 0. Proof. by rewrite gt_eqF. Qed.

Lemma len_l0 : len_l != 0.
Proof. by rewrite mulf_neq0 ?BN ?root_S_b0. Qed.

(* f = |l| nu Y, and |l|^2 |h|^2 in these terms.                              *)
Lemma f_Y : f x = len_l * nu * Y.
Proof. by rewrite /Y mulrC divfK // mulf_neq0 ?len_l0 ?nuN. Qed.

Lemma Y0 : Y != 0.
Proof. by apply: contra fx => /eqP Y_0; rewrite f_Y Y_0 mulr0. Qed.

(* (c) of proofs/direct.md#model: with Yu for Y_i and Yl for Y_(i-1), which   *)
(* is Y where there are no biases above.                                      *)
Theorem slope_model_ratio (Yu := (gb *m h x i.+1) 0 0 / (nu * Num.sqrt S_h))
    (Yl := (f x - rest x i.+1) / (len_l * nu)) :
  f x - rest x i.+1 = B * (nu * Num.sqrt S_h) * Yu /\ Yu ^+ 2 = Yl ^+ 2 * S_b / S_h.
Proof.
have hN := root_S_h0; have kN := root_S_b0; have nN := nuN; have bN := BN.
have out_layer : f x - rest x i.+1 = B * (nu * Num.sqrt S_h) * Yu.
  rewrite (bias_output_by_layer a W w bias out x iL) addrK b_gb -scalemxAl [LHS]mxE.
  by rewrite -mulrA /Yu [_ * (_ / _)]mulrC divfK // mulf_neq0.
split=> //; rewrite /Yl out_layer /len_l.
move: (Num.sqrt S_h) (Num.sqrt S_b) root_S_h root_S_b hN kN Yu {Yl out_layer}.
by move=> s s' <- <- hN kN q; field_R.
Qed.

(* The event's two variables of the tilt: eps and q_S.                        *)
Definition tilt_normal : R := (\sum_(k | ~~ (0 < gn k 0)) slope (gn k 0) * gb 0 k * gn k 0) /
  (`|a| * Num.sqrt (\sum_(k | ~~ (0 < gn k 0)) gn k 0 ^+ 2)).
Definition inactive_S : R := a ^+ 2 * (\sum_(k | ~~ (0 < gn k 0)) gn k 0 ^+ 2) / S_h.

Lemma tilt_product : tilt_normal * Num.sqrt inactive_S =
  a * (\sum_(k | ~~ (0 < gn k 0)) gb 0 k * gn k 0) / Num.sqrt S_h.
Proof.
pose Q := \sum_(k | ~~ (0 < gn k 0)) gn k 0 ^+ 2.
have Q0 : 0 <= Q by apply: sumr_ge0 => k _; apply: sqr_ge0.
have -> : Num.sqrt inactive_S = `|a| * Num.sqrt Q / Num.sqrt S_h.
  have Sh := S_h_pos.
  have aQ0 : 0 <= a ^+ 2 * Q by rewrite mulr_ge0 // sqr_ge0.
  by rewrite /inactive_S -/Q (sqrtrM _ aQ0) (sqrtrM _ (sqr_ge0 a)) sqrtr_sqr (sqrtrV (ltW Sh)).
have sum : \sum_(k | ~~ (0 < gn k 0)) slope (gn k 0) * gb 0 k * gn k 0 =
    a * \sum_(k | ~~ (0 < gn k 0)) gb 0 k * gn k 0.
  rewrite mulr_sumr; apply: eq_bigr => k act.
  by rewrite /Slopes.slope (negbTE act) mulrA.
rewrite /tilt_normal -/Q sum mulrA; congr (_ / _).
have [aQ|aQ] := eqVneq (`|a| * Num.sqrt Q) 0; last by rewrite divfK.
rewrite aQ mulr0; apply/esym/eqP; move/eqP: aQ; rewrite mulf_eq0 normr_eq0.
case/orP => [/eqP ->|rQ]; first by rewrite mul0r.
have Q_0 : Q = 0 by apply/eqP; rewrite eq_le Q0 andbT -sqrtr_eq0.
rewrite big1 ?mulr0 // => k act; apply/eqP; rewrite mulf_eq0 -[X in _ || X]sqrf_eq0.
by apply/orP; right; apply/eqP; apply: (psumr_eq0P _ Q_0) => // j _; apply: sqr_ge0.
Qed.

(* Equation (2), as in the prose; Yl is Y where there are no biases above.    *)
Theorem slope_along_normal (Dh := g * sqr_l x i / f x)
    (Yl := (f x - rest x i.+1) / (len_l * nu))
    (m := (\sum_k slope (z x i k 0) * h x i.+1 k 0 * xi k 0) / (nu * Num.sqrt S_h)) :
  z y i = al *: z x i + (g *: l x i + (rho * nu) *: xi) ->
  (\sum_k h x i.+1 k 0 * h y i.+1 k 0) / (\sum_k h x i.+1 k 0 ^+ 2) =
  al + Dh * Y * Yl / S_h -
  Dh * (Y / Num.sqrt S_h) * ((1 - a ^+ 2) * tilt_normal * Num.sqrt inactive_S / Num.sqrt S_b) +
  rho / Num.sqrt S_h * m +
  (1 - a) * (\sum_k slope (z x i k 0) * z x i k 0 * e x y i k 0) / (\sum_k h x i.+1 k 0 ^+ 2).
Proof.
move=> zy; rewrite (slope_along out iL zy) sqr_h_normal.
set E := (1 - a) * _; rewrite mulrDl; congr (_ + _).
have -> : \sum_(k | ~~ (0 < z x i k 0)) b x i.+1 0 k * z x i k 0 =
    B * nu * \sum_(k | ~~ (0 < gn k 0)) gb 0 k * gn k 0.
  rewrite mulr_sumr; apply: eq_big => k; first by rewrite active_gn.
  by rewrite b_gb_entry z_gn_entry => _; ring_R.
have -> : \sum_k slope (z x i k 0) * h x i.+1 k 0 * ((rho * nu) *: xi) k 0 =
    rho * nu * (nu * Num.sqrt S_h * m).
  rewrite [nu * _ * m]mulrC divfK ?mulf_neq0 ?nuN ?root_S_h0 // mulr_sumr.
  by apply: eq_bigr => k _; rewrite [(_ *: xi) k 0]mxE; ring_R.
have -> : (1 - a ^+ 2) * tilt_normal * Num.sqrt inactive_S =
    (1 - a ^+ 2) * (a * (\sum_(k | ~~ (0 < gn k 0)) gb 0 k * gn k 0) / Num.sqrt S_h).
  by rewrite -mulrA tilt_product.
set T := \sum_(k | ~~ _) _; rewrite /Yl /Dh -len_l_sqr f_Y -/(len_l).
have yN := Y0; have nN := nuN; have bN := BN.
rewrite /len_l; move: (Num.sqrt S_h) (Num.sqrt S_b) root_S_h root_S_h0 root_S_b0.
move=> s s' <- hN kN; move: (rest x i.+1) T Y yN m => q T y0 yN m; field_R.
Qed.

(* The noise and the shares.                                                  *)
Local Notation xi' k := (- (sign (gn k 0) * xi k 0)).

Theorem slope_noise_normal : a <= 1 -> 0 < al ->
  `|noise a W w bias x al ((rho * nu) *: xi)| / `|f x| =
  (1 - a) * (al * `|\sum_k gb 0 k * Num.max 0 (rho / al * xi' k - `|gn k 0|)| /
    (Num.sqrt S_b * `|Y|)).
Proof.
move=> a1 al0; have alN : al != 0 by rewrite gt_eqF.
have e0E k : e0 a W bias x al ((rho * nu) *: xi) k 0 =
    al * nu * Num.max 0 (rho / al * xi' k - `|gn k 0|).
  have alnu : 0 <= al * nu by rewrite mulr_ge0 // ltW.
  rewrite e0_formula sign_gn norm_gn [(_ *: xi) k 0]mxE [RHS](maxr_pmulr _ _ alnu) mulr0.
  have -> : al * nu * (rho / al * xi' k - `|gn k 0|) =
      rho * nu * (al / al) * xi' k - al * (nu * `|gn k 0|).
    by move: (al^-1) (`|gn k 0|) => q r; ring_R.
  by rewrite divff // mulr1; congr (Num.max 0 (_ - _)); ring_R.
have -> : noise a W w bias x al ((rho * nu) *: xi) = (1 - a) * (B * (al * (nu *
    (\sum_k gb 0 k * Num.max 0 (rho / al * xi' k - `|gn k 0|))))).
  rewrite /noise; congr (_ * _); rewrite !mulr_sumr; apply: eq_bigr => k _.
  by rewrite e0E b_gb_entry; move: (Num.max 0 _) => q; ring_R.
set X := \sum_k _; rewrite f_Y /len_l; move: Y Y0 X => y0 y0N X.
rewrite !normrM !(gtr0_norm nu0) !(gtr0_norm B0).
have a2 : 0 <= 1 - a by rewrite subr_ge0.
have rS : 0 < Num.sqrt S_b by rewrite sqrtr_gt0 S_b_pos.
have yN : `|y0| != 0 by rewrite normr_eq0.
rewrite (ger0_norm a2) (gtr0_norm rS) (gtr0_norm al0); move: (gt_eqF rS) => /negbT kN.
have nN := nuN; have bN := BN.
by move: (`|X|) (`|y0|) yN (Num.sqrt S_b) kN => p q yN s kN; field_R.
Qed.

Lemma share_scale (s q t : R) : 0 < s -> share (s * q) (s * t) = share q t.
Proof.
move=> s0; have sN : s != 0 by rewrite gt_eqF.
rewrite /share mulf_eq0 (negbTE sN) /=; case: eqP => [_|/eqP t0]; first by rewrite pmulr_rgt0.
have max_scale p : Num.max 0 (s * p) = s * Num.max 0 p by rewrite maxr_pmulr ?mulr0 // ltW.
rewrite -mulrDr !max_scale -mulrBr; set D := _ - _.
by rewrite invfM // mulrACA divff // mul1r.
Qed.

(* D' Y / (al sqrt S') is c of the prose, up to its sign.                     *)
Theorem slope_share_normal (D' := g * sqr_l x i / f x) : 0 < al ->
  layer_share a W w bias x al g ((rho * nu) *: xi) =
  (1 - a) * (\sum_k sign (gn k 0) * slope (gn k 0) * gb 0 k ^+ 2 *
    share (rho / al * xi' k - `|gn k 0|)
      (- (sign (gn k 0) * slope (gn k 0) * gb 0 k) * (D' * Y / (al * Num.sqrt S_b)))) / S_b.
Proof.
move=> al0; have alN : al != 0 by rewrite gt_eqF.
have nN := nuN; have bN := BN; have kN := root_S_b0; have yN := Y0; have S0 := S_b0.
have shareE k : neuron_share a W w bias x al g ((rho * nu) *: xi) k =
    share (rho / al * xi' k - `|gn k 0|)
      (- (sign (gn k 0) * slope (gn k 0) * gb 0 k) * (D' * Y / (al * Num.sqrt S_b))).
  rewrite -[RHS](share_scale _ _ (_ : 0 < al * nu)) ?mulr_gt0 //.
  rewrite /neuron_share sign_gn norm_gn l_gb [(_ *: xi) k 0]mxE; congr share.
    by move: (`|gn k 0|) => q; field_R.
  rewrite /D' -len_l_sqr f_Y /len_l.
  by move: (Num.sqrt S_b) kN Y yN => s kN y0 yN; field_R.
rewrite /layer_share sqr_l_normal.
have -> : \sum_k sign (z x i k 0) * slope (z x i k 0) * b x i.+1 0 k ^+ 2 *
    neuron_share a W w bias x al g ((rho * nu) *: xi) k =
    B ^+ 2 * \sum_k sign (gn k 0) * slope (gn k 0) * gb 0 k ^+ 2 *
    share (rho / al * xi' k - `|gn k 0|)
      (- (sign (gn k 0) * slope (gn k 0) * gb 0 k) * (D' * Y / (al * Num.sqrt S_b))).
  rewrite mulr_sumr; apply: eq_bigr => k _; rewrite shareE sign_gn slope_gn b_gb_entry.
  by move: (share _ _) => q; ring_R.
by set T := \sum_k _; move: S_b S0 => s S0; field_R.
Qed.

(* Equation (3), as in the prose.                                             *)
Theorem slope_across_normal th
    (Dh := (F x y i - al * f x - (1 - al) * rest x i.+1) / f x)
    (v := lean a W w bias x len_l xi) (k := swell a W w bias x i th len_l)
    (V := \sum_k slope (gn k 0) ^+ 2 * xi k 0 ^+ 2 +
      (1 - a) / th * \sum_(k | ~~ (0 < gn k 0)) psi a (xi k 0) (th * `|gn k 0| / (rho / al))) :
  -1 <= a <= 1 -> 0 <= al -> 0 < rho -> (0 < th < 1 \/ th = 1 /\ a = 0) -> k < 1 ->
  z y i = al *: z x i + (g *: l x i + (rho * nu) *: xi) ->
  let bound := (`|Dh| * `|Y| + (1 - a ^+ 2) * rho * `|v|) ^+ 2 / ((1 - k) * S_h) +
    rho ^+ 2 * V / S_h in
  (\sum_k (h y i.+1 k 0 - al * h x i.+1 k 0) ^+ 2) / (\sum_k h x i.+1 k 0 ^+ 2) <= bound /\
  (\sum_(k | 0 < z x i k 0) (g *: l x i + (rho * nu) *: xi) k 0 ^+ 2) /
    (\sum_k h x i.+1 k 0 ^+ 2) <= bound.
Proof.
move=> a1 al0 rho0 th1 k1 zy bound; have nN := nuN; have om0 : 0 < rho * nu by rewrite mulr_gt0.
have hN := S_h0; have kN : 1 - k != 0 by rewrite gt_eqF // subr_gt0.
have fresh_V : fresh a W bias x al (rho * nu) th xi = V.
  rewrite /fresh /V; congr (_ + _ * _); first by apply: eq_bigr => j _; rewrite slope_gn.
  apply: eq_big => [j|j _]; first by rewrite active_gn.
  have rN : rho != 0 by rewrite gt_eqF.
  congr psi; rewrite norm_gn invf_div; move: (`|gn j 0|) => q; field_R.
have along : `|size_along a W w bias x g (rho * nu) len_l xi| = `|Dh| * `|Y| * nu.
  have -> : `|Dh| * `|Y| * nu = `|Dh * Y * nu|.
    by rewrite (normrM (Dh * Y)) (normrM Dh) (gtr0_norm nu0).
  congr `|_|.
  have lN := len_l0; have := slope_along_l w out iL zy.
  rewrite /Dh => <-; rewrite /Y /size_along /xi_along.
  have -> : \sum_j l x i j 0 * (g *: l x i + (rho * nu) *: xi) j 0 =
      g * len_l ^+ 2 + rho * nu * \sum_j l x i j 0 * xi j 0.
    rewrite len_l_sqr !mulr_sumr -big_split; apply: eq_bigr => j _ /=.
    by rewrite v_entry; ring_R.
  by set T := \sum_j _; move: len_l lN (f x) fx => q lN r fx'; field_R.
have [first_bound second_bound] :=
  slope_across a1 al0 om0 len_l0 len_l_sqr th1 zy k1.
have total : (`|size_along a W w bias x g (rho * nu) len_l xi| +
      (1 - a ^+ 2) * (rho * nu) * `|lean a W w bias x len_l xi|) ^+ 2 /
      (1 - swell a W w bias x i th len_l) +
    (rho * nu) ^+ 2 * fresh a W bias x al (rho * nu) th xi = bound * (nu ^+ 2 * S_h).
  have scaled (p q r s S U : R) : 1 - s != 0 -> S != 0 ->
      (p * q * nu + (1 - a ^+ 2) * (rho * nu) * r) ^+ 2 / (1 - s) + (rho * nu) ^+ 2 * U =
      ((p * q + (1 - a ^+ 2) * rho * r) ^+ 2 / ((1 - s) * S) + rho ^+ 2 * U / S) * (nu ^+ 2 * S).
    by move=> sN SN; field_R.
  by rewrite fresh_V along; apply: scaled.
have scale_pos : 0 < nu ^+ 2 * S_h by rewrite mulr_gt0 ?S_h_pos // exprn_gt0.
by rewrite sqr_h_normal !ler_pdivr_mulr // -total.
Qed.

End Normal.
