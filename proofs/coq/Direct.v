(******************************************************************************)
(* The step followed through the layers: the identities of the direct route.  *)
(* Mirrors proofs/direct.md#following: two points x and y, the passes at x    *)
(* known, and F i = <b_i(x), h_i(y)>, what f(y) would be if the layers above  *)
(* i kept x's pattern.  Proved here: how F changes in one layer (equation     *)
(* (1)), what is left along h_i(x) and across it (the algebra of (2), (3)),   *)
(* and that a certified recursion with contracting errors forces a flip.      *)
(* Normal variables and probabilities are not treated: that z(y) is           *)
(* a z(x) + g l + c is a hypothesis, for any numbers a, g and any vector c.   *)
(* Indices are those of Network.v: layer i + 1 of the prose is i for z, D, l, *)
(* e, and a i, g i, c i belong to it.  a, g, c are alpha, gamma', omega xi.   *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions.              *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Flips Segment Flip Step.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* ---- One neuron: p is the pre-activation at x, q the one at y.             *)
Section Scalar.
Variable R : realDomainType.
Implicit Types a p q t : R.

(* What relu adds at y to the layer that is linear with x's pattern.          *)
Definition excess p q : R := Num.max 0 q - (0 < p)%R%:R * q.

(* The sign that goes with "active iff > 0": -1 at 0.                         *)
Definition sign p : R := if 0 < p then 1 else - 1.

Lemma relu_pattern q : Num.max 0 q = (0 < q)%R%:R * q.
Proof. by case: (ltP 0 q) => q0; rewrite ?mul1r ?mul0r. Qed.

Lemma excess_pattern p q : excess p q = ((0 < q)%R%:R - (0 < p)%R%:R) * q.
Proof. by rewrite /excess relu_pattern mulrBl. Qed.

Theorem excess_flip p q : (0 < p) != (0 < q) -> excess p q = `|q|.
Proof. by rewrite excess_pattern; apply: flip_identity. Qed.

Theorem excess_no_flip p q : (0 < p) = (0 < q) -> excess p q = 0.
Proof. by rewrite excess_pattern; apply: no_flip_identity. Qed.

Theorem direct_relu p q :
  Num.max 0 q = (0 < p)%R%:R * q + (if (0 < p) != (0 < q) then `|q| else 0).
Proof.
rewrite -[LHS](subrK ((0 < p)%R%:R * q)) addrC -/(excess p q); congr (_ + _).
by case: ifP => [|/negbFE/eqP]; [apply: excess_flip | apply: excess_no_flip].
Qed.

Lemma excess_ge0 p q : 0 <= excess p q.
Proof.
have [pq|pq] := eqVneq (0 < p) (0 < q); first by rewrite excess_no_flip.
by rewrite excess_flip.
Qed.

Lemma relu_opp q : Num.max 0 q - q = Num.max 0 (- q).
Proof.
case: (leP 0 q) => q0; first by rewrite subrr max_l ?oppr_le0.
by rewrite sub0r max_r // oppr_ge0 ltW.
Qed.

Lemma excess_active p q : 0 < p -> excess p q = Num.max 0 (- q).
Proof. by move=> p0; rewrite /excess p0 mul1r relu_opp. Qed.

Lemma excess_inactive p q : p <= 0 -> excess p q = Num.max 0 q.
Proof. by move=> p0; rewrite /excess ltNge p0 mul0r subr0. Qed.

(* No condition on a is needed.                                               *)
Theorem excess_formula a p t :
  excess p (a * p + t) = Num.max 0 (- (sign p * t) - a * `|p|).
Proof.
rewrite /sign; case: (ltP 0 p) => p0.
  by rewrite excess_active // mul1r gtr0_norm // opprD addrC.
by rewrite excess_inactive // mulN1r opprK ler0_norm // mulrN opprK addrC.
Qed.

(* With the usual sign the same, except at p = 0, where sg is 0 and the       *)
(* formula would lose the excess Num.max 0 t.                                 *)
Theorem excess_formula_sg a p t : p != 0 ->
  excess p (a * p + t) = Num.max 0 (- (Num.sg p * t) - a * `|p|).
Proof.
move=> p0; rewrite excess_formula; congr (Num.max 0 (- (_ * _) - _)).
rewrite /sign; case: (ltP 0 p) => [/gtr0_sg -> //|]; rewrite le_eqVlt (negbTE p0) /=.
by move/ltr0_sg.
Qed.

Theorem excess_formula_zero a t : 0 < t ->
  excess 0 (a * 0 + t) = t /\ Num.max 0 (- (Num.sg 0 * t) - a * `|0 : R|) = 0.
Proof.
move=> t0; rewrite mulr0 add0r excess_inactive // max_r ?ltW //.
by rewrite sgr0 mul0r normr0 mulr0 subr0 oppr0 max_l.
Qed.

(* Across h(x): on an active neuron relu(z') - a z is the larger of t, -a z.  *)
Theorem direct_across a p t : 0 <= a -> 0 < p ->
  Num.max 0 (a * p + t) - a * p = Num.max t (- (a * p)) /\
  `|Num.max 0 (a * p + t) - a * p| <= `|t|.
Proof.
move=> a0 p0; have ap : 0 <= a * p by rewrite mulr_ge0 // ltW.
have -> : Num.max 0 (a * p + t) - a * p = Num.max t (- (a * p)).
  case: (leP 0 (a * p + t)) => q0.
    by rewrite addrAC subrr add0r max_l // -subr_ge0 opprK addrC.
  by rewrite sub0r max_r // -subr_ge0 -opprD oppr_ge0 addrC ltW // addrC.
split=> //; case: (leP (- (a * p)) t) => // t_lt.
by rewrite normrN ger0_norm // ltr0_norm ?(lt_le_trans t_lt) ?oppr_le0 // ler_oppr ltW.
Qed.

(* On an inactive one it is the excess alone.  No sign of a is asked for.     *)
Theorem direct_across_inactive a p t : p <= 0 ->
  Num.max 0 (a * p + t) - a * Num.max 0 p = excess p (a * p + t) /\
  excess p (a * p + t) = Num.max 0 (t + a * p).
Proof.
by move=> p0; rewrite excess_inactive // (max_l p0) mulr0 subr0 [t + _]addrC.
Qed.

(* (a p) e is at most (t/2)^2, in a form without division.                    *)
Lemma along_excess4 a p t : 0 < p -> 0 <= a ->
  a * (p * excess p (a * p + t)) *+ 4 <= t ^+ 2.
Proof.
move=> p0 a0; rewrite excess_active // mulrA.
case: (leP 0 (- (a * p + t))) => _; last by rewrite mulr0 mul0rn sqr_ge0.
apply: le_trans (leif_AGM2_scaled (a * p) (- (a * p + t))) _.
by rewrite opprD addrA subrr add0r sqrrN.
Qed.

End Scalar.

(* ---- One layer.                                                            *)
Section Layers.
Variables (R : realDomainType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types (x y u : 'cV[R]_(d 0)) (i : nat) (a g t : R).
Local Notation h := (h W).
Local Notation z := (z W).
Local Notation D := (D W).
Local Notation f := (f W w).
Local Notation grad := (grad W w).
Local Notation b := (b W w).

Definition F x y i : R := (b x i *m h y i) 0 0.

Definition e x y i : 'cV[R]_(d i.+1) := \col_k excess (z x i k 0) (z y i k 0).

(* l = D b^T: the backward row on the active neurons, 0 on the others.        *)
Definition l x i : 'cV[R]_(d i.+1) := (b x i.+1 *m D x i)^T.

Definition sqr_l x i : R := \sum_k l x i k 0 ^+ 2.

Lemma l_entry x i k : l x i k 0 = (0 < z x i k 0)%R%:R * b x i.+1 0 k.
Proof. by rewrite /l /Network.D mul_mx_diag !mxE mulrC. Qed.

Lemma l_apply x i (v : 'cV[R]_(d i.+1)) :
  (b x i.+1 *m D x i *m v) 0 0 = \sum_k l x i k 0 * v k 0.
Proof. by rewrite mxE; apply: eq_bigr => k _; rewrite [l _ _ _ _]mxE. Qed.

Lemma affine_entry n (u v c : 'cV[R]_n) a g k :
  (a *: u + g *: v + c) k 0 = a * u k 0 + g * v k 0 + c k 0.
Proof. by rewrite !mxE. Qed.

Lemma relu_entry x i k : h x i.+1 k 0 = Num.max 0 (z x i k 0).
Proof. by rewrite h_relu mxE. Qed.

Lemma e_entry x y i k : e x y i k 0 = excess (z x i k 0) (z y i k 0).
Proof. by rewrite mxE. Qed.

Lemma h_entry x i k : h x i.+1 k 0 = (0 < z x i k 0)%R%:R * z x i k 0.
Proof. by rewrite h_step mul_D_entry. Qed.

Lemma h_excess x y i : h y i.+1 = D x i *m z y i + e x y i.
Proof.
by apply/colP => k; rewrite [in RHS]mxE mul_D_entry e_entry relu_entry /excess addrC subrK.
Qed.

(* F of the layer below is l^T z(y).                                          *)
Lemma F_below x y i : (i < L)%N -> F x y i = \sum_k l x i k 0 * z y i k 0.
Proof. by move=> iL; rewrite /F b_step // -mulmxA l_apply. Qed.

Lemma F_same x i : (i <= L)%N -> F x x i = f x.
Proof. by move=> iL; rewrite (output_by_layer W w x iL). Qed.

Theorem direct_start x y : F x y 0 = (grad x *m y) 0 0.
Proof. by rewrite /F -backward_gradient. Qed.

Theorem direct_end x y : F x y L = f y.
Proof. by rewrite /F b_top. Qed.

Theorem direct_layer x y i : (i < L)%N ->
  F x y i.+1 = F x y i + \sum_k b x i.+1 0 k * e x y i k 0.
Proof.
move=> iL; rewrite [LHS]/F (h_excess x) mulmxDr [LHS]mxE mulmxA l_apply -F_below //.
by congr (_ + _); rewrite mxE.
Qed.

Theorem direct_sum x y :
  f y - (grad x *m y) 0 0 = \sum_(i < L) \sum_k b x i.+1 0 k * e x y i k 0.
Proof.
rewrite -(direct_end x) -direct_start.
suff upto n : (n <= L)%N ->
    F x y n - F x y 0 = \sum_(i < n) \sum_k b x i.+1 0 k * e x y i k 0 by exact: upto.
elim: n => [|n IH] nL; first by rewrite subrr big_ord0.
by rewrite big_ord_recr /= -(IH (ltnW nL)) (direct_layer x y nL) addrAC.
Qed.

Theorem direct_start_step x u t : (grad x *m u) 0 0 = - (t * f x) ->
  F x (x + u) 0 = (1 - t) * f x.
Proof. by move=> gu; rewrite direct_start mulmxDr mxE gu -euler mulrBl mul1r. Qed.

(* The part of z(y) along l is known from F: with c across l, this is         *)
(* gamma |l|^2 = F - a f(x).                                                  *)
Theorem direct_gamma x y i a g (c : 'cV[R]_(d i.+1)) : (i < L)%N ->
  z y i = a *: z x i + g *: l x i + c -> \sum_k l x i k 0 * c k 0 = 0 ->
  F x y i = a * f x + g * sqr_l x i.
Proof.
move=> iL zy lc; rewrite F_below // zy -(F_same x (ltnW iL)) F_below //.
rewrite /sqr_l !mulr_sumr -big_split -[RHS]addr0 -[X in _ = _ + X]lc -big_split.
by apply: eq_bigr => k _ /=; rewrite affine_entry !mulrDr !(mulrCA (l x i k 0)) -expr2.
Qed.

(* Along h(x): only neurons active at x count.                                *)
Theorem direct_along_identity x y i :
  ((h x i.+1)^T *m h y i.+1) 0 0 =
  \sum_(k | 0 < z x i k 0) z x i k 0 * (z y i k 0 + e x y i k 0).
Proof.
rewrite mxE [RHS]big_mkcond; apply: eq_bigr => k _.
rewrite [_^T _ _]mxE h_entry (h_excess x) [X in _ * X]mxE mul_D_entry.
by case: (0 < _); rewrite ?mul1r ?mul0r.
Qed.

(* Equation (2), times |h_i|^2; <l, h_i> = f(x) gives the term g f(x).        *)
Theorem direct_along x y i a g (c : 'cV[R]_(d i.+1)) : (i < L)%N ->
  z y i = a *: z x i + g *: l x i + c ->
  ((h x i.+1)^T *m h y i.+1) 0 0 =
  a * ((h x i.+1)^T *m h x i.+1) 0 0 + g * f x + ((h x i.+1)^T *m c) 0 0 +
  \sum_(k | 0 < z x i k 0) z x i k 0 * e x y i k 0.
Proof.
move=> iL zy; rewrite direct_along_identity.
under eq_bigr do rewrite mulrDr.
rewrite big_split; congr (_ + _).
rewrite -(F_same x (ltnW iL)) F_below // big_mkcond !mxE !mulr_sumr -!big_split.
apply: eq_bigr => k _ /=; rewrite zy affine_entry [_^T _ _]mxE h_entry l_entry.
case: (0 < _); last by rewrite !mul0r !mulr0 !addr0.
by rewrite !mul1r !mulrDr !(mulrCA (z x i k 0)) [z x i k 0 * b _ _ _ _]mulrC.
Qed.

(* Across: |h(y) - a h(x)|^2, entry by entry.                                 *)
Theorem direct_across_sum x y i a (v : 'cV[R]_(d i.+1)) : 0 <= a ->
  z y i = a *: z x i + v ->
  \sum_k (h y i.+1 k 0 - a * h x i.+1 k 0) ^+ 2 <=
  \sum_(k | 0 < z x i k 0) v k 0 ^+ 2 + \sum_(k | ~~ (0 < z x i k 0)) e x y i k 0 ^+ 2.
Proof.
move=> a0 zy; have zyE k : z y i k 0 = a * z x i k 0 + v k 0.
  by rewrite zy mxE [X in X + _]mxE.
rewrite (bigID (fun k => 0 < z x i k 0)); apply: ler_add; apply: ler_sum => k /= act.
  rewrite relu_entry zyE h_entry act mul1r.
  rewrite -[X in X <= _]real_normK ?num_real // -[X in _ <= X]real_normK ?num_real //.
  by rewrite ler_sqr ?nnegrE //; case: (direct_across (v k 0) a0 act).
rewrite -leNgt in act; rewrite e_entry !relu_entry zyE.
by case: (direct_across_inactive a (v k 0) act) => ->.
Qed.

(* A layer that is not silent: l does not vanish where f(x) does not.         *)
Lemma sqr_l_neq0 x i : (i < L)%N -> f x != 0 -> sqr_l x i != 0.
Proof.
move=> iL; apply: contra_neq => l0; rewrite -(F_same x (ltnW iL)) F_below //.
apply: big1 => k _; apply/eqP; rewrite mulf_eq0 -sqrf_eq0; apply/orP; left; apply/eqP.
by apply: (psumr_eq0P _ l0) => // j _; apply: sqr_ge0.
Qed.

End Layers.

(* ---- The coherent part: what g l does to relu, in the presence of c.       *)
Section Share.
Variable R : realFieldType.
Implicit Types a c g l p q s t : R.

(* The slope of relu between q and q + t; at t = 0 the slope at q.            *)
Definition share q t : R :=
  if t == 0 then (0 < q)%R%:R else (Num.max 0 (q + t) - Num.max 0 q) / t.

Lemma shareE q t : Num.max 0 (q + t) - Num.max 0 q = share q t * t.
Proof.
rewrite /share; have [->|t0] := eqVneq t 0; first by rewrite addr0 subrr mulr0.
by rewrite divfK.
Qed.

(* The same segment from its other end.                                       *)
Lemma share_reverse q t : t != 0 -> share q t = share (q + t) (- t).
Proof.
by move=> t0; rewrite /share oppr_eq0 (negbTE t0) addrK invrN mulrN -mulNr opprB.
Qed.

(* It is the share of [0, 1] on which q + s t > 0, the length of an interval. *)
Definition positive_on q t lo hi : Prop :=
  [/\ 0 <= lo, lo <= hi, hi <= 1 & forall s, 0 <= s <= 1 ->
      (lo < s < hi -> 0 < q + s * t) /\ (0 < q + s * t -> lo <= s <= hi)].

Lemma share_increasing q t : 0 < t ->
  exists lo hi, positive_on q t lo hi /\ share q t = hi - lo.
Proof.
move=> t0; rewrite /share gt_eqF //.
have zero s : (0 < q + s * t) = (- q / t < s) by exact: affine_gt0.
have at1 : (0 < q + t) = (- q / t < 1) by rewrite -zero mul1r.
have at0 : (0 < q) = (- q / t < 0) by rewrite -zero mul0r addr0.
have qE : (- q / t) * t = - q by rewrite divfK // gt_eqF.
case: (ltP 0 q) => q0.
  exists 0, 1; rewrite max_r ?addr_ge0 ?ltW // addrAC subrr add0r divff ?gt_eqF // subr0.
  split=> //; split; rewrite ?ler01 // => s s01; split=> // /andP[s0 _].
  by rewrite addr_gt0 // mulr_gt0.
case: (ltP 0 (q + t)) => qt0; last first.
  exists 1, 1; rewrite !subrr mul0r; split=> //; split; rewrite ?ler01 // => s /andP[_ s1].
  rewrite zero; split=> [/andP[/lt_trans s1' /s1']|qs]; first by rewrite ltxx.
  by move: (lt_le_trans qs s1); rewrite -at1 ltNge qt0.
exists (- q / t), 1; rewrite subr0 mulrDl divff ?gt_eqF // mulNr opprK [1 + _]addrC.
split=> //; split=> [|||s /andP[_ s1]] //; rewrite -?mulNr.
- by rewrite leNgt -at0 ltNge q0.
- by rewrite ltW // -at1.
by rewrite zero; split=> [/andP[]|/ltW ->].
Qed.

Theorem share_interval q t : exists lo hi, positive_on q t lo hi /\ share q t = hi - lo.
Proof.
have [t0|t0|->] := ltgtP t 0; last first.
- exists 0, (0 < q)%R%:R; rewrite /share eqxx subr0; split=> //.
  split; rewrite ?lexx ?ler0n ?lern1 ?leq_b1 // => s s01; rewrite mulr0 addr0.
  by case: (0 < q); split=> // /andP[s0 /(lt_trans s0)]; rewrite ltxx.
- exact: share_increasing.
have [|lo [hi [[lo0 lohi hi1 on] len]]] := @share_increasing (q + t) (- t).
  by rewrite oppr_gt0.
exists (1 - hi), (1 - lo); rewrite share_reverse ?lt_eqF //; split; last first.
  by rewrite len opprB [RHS]addrC addrA subrK.
split; rewrite ?subr_ge0 ?ler_sub ?ler_subl_addr ?ler_addl // => s s01.
have [|up down] := on (1 - s); first by rewrite subr_ge0 ler_subl_addr ler_addl andbC.
have flip : q + t + (1 - s) * - t = q + s * t.
  by rewrite mulrN mulrBl mul1r opprB [s * t - t]addrC addrA addrK.
rewrite flip in up down; split=> [/andP[his slo]|/down/andP[los shi]].
  by apply: up; rewrite ltr_subr_addr -ltr_subr_addl slo ltr_subl_addr -ltr_subl_addl.
by rewrite ler_subl_addr -ler_subl_addl shi ler_subr_addr -ler_subr_addl.
Qed.

Lemma share_range q t : 0 <= share q t <= 1.
Proof.
have [lo [hi [[lo0 lohi hi1 _] ->]]] := share_interval q t.
by rewrite subr_ge0 lohi ler_subl_addr (le_trans hi1) // ler_addl.
Qed.

(* An active neuron; the excess with c alone is e^0 of the prose.             *)
Theorem direct_coherent_share a p g l c : 0 < p ->
  let s := share (- c - a * p) (- (g * l)) in
  0 <= s <= 1 /\
  l * (excess p (a * p + (g * l + c)) - excess p (a * p + c)) = - (g * l ^+ 2 * s).
Proof.
move=> p0 s; split; first exact: share_range.
have -> : excess p (a * p + (g * l + c)) = Num.max 0 (- c - a * p + - (g * l)).
  by rewrite excess_active // !opprD [- (g * l) - c]addrC addrA [- (a * p) - c]addrC.
have -> : excess p (a * p + c) = Num.max 0 (- c - a * p).
  by rewrite excess_active // opprD addrC.
by rewrite shareE -/s !mulrN mulrCA (mulrCA l) -expr2 [s * _]mulrC.
Qed.

(* The shares of all neurons, averaged with the weights l^2.                  *)
Theorem direct_coherent_sum (I : finType) (l p e e0 : I -> R) g :
  \sum_k l k ^+ 2 != 0 -> (forall k, 0 <= p k <= 1) ->
  (forall k, l k * (e k - e0 k) = - (g * l k ^+ 2 * p k)) ->
  let P := (\sum_k l k ^+ 2 * p k) / \sum_k l k ^+ 2 in
  0 <= P <= 1 /\ \sum_k l k * (e k - e0 k) = - (g * P * \sum_k l k ^+ 2).
Proof.
move=> l0 p01 le P.
have lpos : 0 < \sum_k l k ^+ 2 by rewrite lt_def l0 sumr_ge0 // => k _; apply: sqr_ge0.
split; last first.
  rewrite -mulrA divfK // mulr_sumr -sumrN; apply: eq_bigr => k _.
  by rewrite le mulrA.
rewrite ler_pdivl_mulr // ler_pdivr_mulr // mul0r mul1r; apply/andP; split.
  by apply: sumr_ge0 => k _; case/andP: (p01 k) => pk0 _; rewrite mulr_ge0 ?sqr_ge0.
by apply: ler_sum => k _; case/andP: (p01 k) => _ pk1; rewrite ler_pimulr ?sqr_ge0.
Qed.

(* A normal variable eta that may be chosen on one side takes D' no further   *)
(* than 0 (r is R/|Y| of the prose).                                          *)
Theorem direct_free_normal (Dh r eta : R) : Dh < 0 -> 0 <= r -> 3%:R * r <= `|Dh| ->
  - 3%:R <= eta <= 0 -> Dh <= Dh - r * eta <= 0.
Proof.
move=> D0 r0; rewrite ltr0_norm // => rD /andP[eta3 eta0].
rewrite ler_addl oppr_ge0 mulr_ge0_le0 //= subr_le0 -ler_opp2; apply: le_trans rD.
by rewrite -mulrN mulrC ler_wpmul2r // ler_oppl.
Qed.

(* What is lost, p D', as a share p' <= p of the distance Dh from Fh to a.    *)
Lemma contracted_share Fh a p D' (Dh := Fh - a) (p' := p * (D' / Dh)) :
  Dh <= D' <= 0 -> 0 <= p -> 0 <= p' <= p /\ Fh - p * D' = (1 - p') * Fh + p' * a.
Proof.
move=> /andP[DD' D'0] p0.
have D'E : D' / Dh * Dh = D'.
  have [D0|D0] := eqVneq Dh 0; last by rewrite divfK.
  by rewrite D0 mulr0; apply/eqP; rewrite eq_le D'0 -D0 DD'.
split; last first.
  rewrite -[D' in LHS]D'E mulrA -/p' mulrBr opprB addrA mulrBl mul1r.
  by rewrite addrAC.
have [D0|D0] := eqVneq Dh 0; first by rewrite /p' D0 invr0 !mulr0 lexx p0.
have Dlt : Dh < 0 by rewrite lt_def eq_sym D0 (le_trans DD').
have q0 : 0 <= D' / Dh by rewrite mulr_le0 // invr_le0 ltW.
have q1 : D' / Dh <= 1 by rewrite ler_ndivr_mulr // mul1r.
by rewrite /p' mulr_ge0 // ler_pimulr.
Qed.

End Share.

(* ---- Equation (1), for a layer in which z(y) = a z(x) + g l + c.           *)
Section Recursion.
Variables (R : realFieldType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types (x y : 'cV[R]_(d 0)) (i : nat) (a g s : R).
Local Notation z := (z W).
Local Notation f := (f W w).
Local Notation b := (b W w).
Local Notation F := (F W w).
Local Notation e := (e W).
Local Notation l := (l W w).
Local Notation sqr_l := (sqr_l W w).

(* e^0 of the prose, the noise N, and the shares p_k and p.                   *)
Definition e0 x i a (c : 'cV[R]_(d i.+1)) : 'cV[R]_(d i.+1) :=
  \col_k excess (z x i k 0) (a * z x i k 0 + c k 0).

Definition noise x i a (c : 'cV[R]_(d i.+1)) : R := \sum_k b x i.+1 0 k * e0 x a c k 0.

Definition neuron_share x i a g (c : 'cV[R]_(d i.+1)) k : R :=
  share (- c k 0 - a * z x i k 0) (- (g * l x i k 0)).

Definition layer_share x i a g (c : 'cV[R]_(d i.+1)) : R :=
  (\sum_k l x i k 0 ^+ 2 * neuron_share x a g c k) / sqr_l x i.

Lemma e0_entry x i a (c : 'cV[R]_(d i.+1)) k :
  e0 x a c k 0 = excess (z x i k 0) (a * z x i k 0 + c k 0).
Proof. by rewrite mxE. Qed.

(* As in the prose, with the sign -1 at 0.                                    *)
Lemma e0_formula x i a (c : 'cV[R]_(d i.+1)) k :
  e0 x a c k 0 = Num.max 0 (- (sign (z x i k 0) * c k 0) - a * `|z x i k 0|).
Proof. by rewrite e0_entry excess_formula. Qed.

Section Layer.
Variables (x y : 'cV[R]_(d 0)) (i : nat) (a g : R) (c : 'cV[R]_(d i.+1)).
Hypothesis iL : (i < L)%N.
Hypothesis zy : z y i = a *: z x i + g *: l x i + c.

(* Off the active neurons l is 0, so there e = e^0.                           *)
Lemma coherent_entry k :
  b x i.+1 0 k * (e x y i k 0 - e0 x a c k 0) = l x i k 0 * (e x y i k 0 - e0 x a c k 0).
Proof.
rewrite e_entry e0_entry zy affine_entry l_entry.
by case: (0 < _); rewrite ?mul1r // !mul0r mulr0 addr0 subrr mulr0.
Qed.

Lemma coherent_neuron k :
  l x i k 0 * (e x y i k 0 - e0 x a c k 0) =
  - (g * l x i k 0 ^+ 2 * neuron_share x a g c k).
Proof.
rewrite /neuron_share e_entry e0_entry zy affine_entry -addrA.
case: (ltP 0 (z x i k 0)) => act.
  by case: (direct_coherent_share a g (l x i k 0) (c k 0) act).
by rewrite l_entry ltNge act /= !mul0r expr0n /= mulr0 mul0r oppr0.
Qed.

Hypothesis fx : f x != 0.

Lemma layer_share_range : 0 <= layer_share x a g c <= 1.
Proof.
by case: (direct_coherent_sum (sqr_l_neq0 iL fx) (fun k => share_range _ _) coherent_neuron).
Qed.

(* Before division by f(x).                                                   *)
Theorem direct_coherent_layer :
  F x y i.+1 = F x y i - layer_share x a g c * (g * sqr_l x i) + noise x a c.
Proof.
rewrite direct_layer // -addrA; congr (_ + _); apply/eqP; rewrite -subr_eq /noise -sumrB.
have [_] := direct_coherent_sum (sqr_l_neq0 iL fx) (fun k => share_range _ _) coherent_neuron.
rewrite [g * _]mulrC -mulrA [g * _]mulrC -/(sqr_l x i) -/(layer_share x a g c).
rewrite [_ * g]mulrC => <-; apply/eqP; apply: eq_bigr => k _.
by rewrite -coherent_entry mulrBr.
Qed.

(* In units of f(x): D, D' and the loss as a share of the distance to a.      *)
Let Dh := F x y i / f x - a.
Let D' := g * sqr_l x i / f x.
Let p := layer_share x a g c.
Let p' := p * (D' / Dh).

(* Equation (1).                                                              *)
Theorem direct_output : F x y i.+1 / f x = F x y i / f x - p * D' + noise x a c / f x.
Proof. by rewrite direct_coherent_layer mulrDl mulrBl -mulrA. Qed.

Hypothesis DD' : Dh <= D' <= 0.

(* The form of Flip.contraction_bound.                                        *)
Theorem direct_recursion :
  0 <= p' <= p /\ F x y i.+1 / f x = (1 - p') * (F x y i / f x) + p' * a + noise x a c / f x.
Proof.
have /andP[p0 _] := layer_share_range.
have [p'p loss] := contracted_share DD' p0.
by split=> //; rewrite direct_output loss.
Qed.

(* direct.error, from bounds P of p, Dbar of |D| and Nbar of the noise.       *)
Theorem direct_error (P Dbar Nbar : R) : p <= P -> - Dh <= Dbar ->
  `|noise x a c| / `|f x| <= Nbar ->
  `|F x y i.+1 - F x y i| / `|f x| <= P * Dbar + Nbar.
Proof.
move=> pP DDbar NNbar; have /andP[p0 _] := layer_share_range.
have /andP[D1 D2] := DD'.
rewrite -normf_div mulrBl direct_output [_ - _ + _]addrAC -addrA addrAC subrr add0r.
apply: le_trans (ler_norm_add _ _) _; rewrite addrC; apply: ler_add; last by rewrite normf_div.
have pD : p * D' <= 0 by rewrite mulr_ge0_le0.
rewrite normrN (ler0_norm pD) -mulrN; apply: ler_pmul => //; rewrite ?oppr_ge0 //.
by apply: le_trans DDbar; rewrite ler_opp2.
Qed.

(* Downwards (in units of f(x)) F moves by the noise alone.                   *)
Theorem direct_below : F x y i / f x + noise x a c / f x <= F x y i.+1 / f x.
Proof.
have /andP[p0 _] := layer_share_range; have /andP[_ D2] := DD'.
by rewrite direct_output ler_add2r ler_addl oppr_ge0 mulr_ge0_le0.
Qed.

End Layer.

(* How the hypotheses of direct_recursion come about.  With c across l and    *)
(* g = gamma we have D' = D, and any part s l of g l may be counted to c      *)
(* instead.  For s = omega sign(f) eta / |l| this is the free normal of the   *)
(* prose, and direct_free_normal gives D <= D' <= 0.                          *)
Theorem direct_free_layer x y i a g s (c : 'cV[R]_(d i.+1)) : (i < L)%N -> f x != 0 ->
  z y i = a *: z x i + g *: l x i + c -> \sum_k l x i k 0 * c k 0 = 0 ->
  z y i = a *: z x i + (g - s) *: l x i + (c + s *: l x i) /\
  (g - s) * sqr_l x i / f x = F x y i / f x - a - s * sqr_l x i / f x.
Proof.
move=> iL fx zy lc; split.
  by rewrite zy scalerBl -!addrA [c + _]addrC; congr (_ + (_ + _)); rewrite addKr.
rewrite (direct_gamma iL zy lc) [a * _ + _]addrC [X in X - a]mulrDl mulfK // addrK.
by rewrite !mulrBl.
Qed.

Theorem direct_flips x y : f x != 0 -> F x y L / f x < 0 -> f y * f x < 0.
Proof.
move=> fx; rewrite direct_end => neg.
have -> : f y * f x = f y / f x * f x ^+ 2 by rewrite expr2 mulrA divfK.
by rewrite pmulr_llt0 // lt_def sqrf_eq0 fx sqr_ge0.
Qed.

End Recursion.

(* The inequality of (2): what the excess adds along h(x).                    *)
Section Along.
Variable R : realFieldType.
Implicit Types a p t : R.

Theorem direct_along_excess a p t : 0 < p -> 0 < a ->
  0 <= p * excess p (a * p + t) <= t ^+ 2 / (4%:R * a).
Proof.
move=> p0 a0; apply/andP; split; first by rewrite mulr_ge0 ?excess_ge0 // ltW.
rewrite ler_pdivl_mulr; last by rewrite mulr_gt0 // ltr0n.
by rewrite [_ * (_ * a)]mulrC -mulrA mulr_natl along_excess4 // ltW.
Qed.

Theorem direct_along_sum (d : nat -> nat) (W : forall i, 'M[R]_(d i.+1, d i)) x y i a
    (v : 'cV[R]_(d i.+1)) : 0 < a -> z W y i = a *: z W x i + v ->
  0 <= \sum_(k | 0 < z W x i k 0) z W x i k 0 * e W x y i k 0 <=
  (\sum_(k | 0 < z W x i k 0) v k 0 ^+ 2) / (4%:R * a).
Proof.
move=> a0 zy; have zyE k : z W y i k 0 = a * z W x i k 0 + v k 0.
  by rewrite zy mxE [X in X + _]mxE.
have one k : 0 < z W x i k 0 ->
    0 <= z W x i k 0 * e W x y i k 0 <= v k 0 ^+ 2 / (4%:R * a).
  by move=> act; rewrite e_entry zyE direct_along_excess.
apply/andP; split; first by apply: sumr_ge0 => k /one /andP[].
by rewrite mulr_suml; apply: ler_sum => k /one /andP[].
Qed.

End Along.

(* ---- The step, from the input to the sign of the output.                   *)
Section Step.
Variables (R : rcfType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types (x y : 'cV[R]_(d 0)) (i : nat) (t : R).
Local Notation h := (h W).
Local Notation z := (z W).
Local Notation f := (f W w).
Local Notation grad := (grad W w).
Local Notation F := (F W w).

(* The actual step satisfies direct_start_step, even if f(x) or grad is 0.    *)
Theorem direct_start_network x t : F x (x + step (grad x) t (f x)) 0 = (1 - t) * f x.
Proof.
apply: direct_start_step; rewrite -/(pair _ _); have [fx|fx] := eqVneq (f x) 0.
  by rewrite fx mulr0 oppr0 /step mulr0 mul0r oppr0 scale0r /pair mulmx0 mxE.
by rewrite step_pair // gradient_nonzero.
Qed.

(* The orthogonal rest r of u = q v + r is the shortest: (3) follows from     *)
(* direct_across_sum with this.                                               *)
Lemma shortest_rest n (u v : 'cV[R]_n) (q a : R) : dot (u - q *: v) v = 0 ->
  norm (u - q *: v) ^+ 2 <= norm (u - a *: v) ^+ 2.
Proof.
move=> orth; rewrite !norm_sqr.
have -> : u - a *: v = (u - q *: v) + (q - a) *: v by rewrite scalerBl addrA subrK.
move: (u - q *: v) orth => r orth.
rewrite dotDl !dotDr !dotZl !dotZr (dotC v) orth !mulr0 addr0 add0r mulrA -expr2.
by rewrite ler_addl mulr_ge0 ?sqr_ge0 ?dot_ge0.
Qed.

Theorem direct_across_rest x y i (a q : R) (v : 'cV[R]_(d i.+1)) : 0 <= a ->
  z y i = a *: z x i + v -> dot (h y i.+1 - q *: h x i.+1) (h x i.+1) = 0 ->
  norm (h y i.+1 - q *: h x i.+1) ^+ 2 <=
  \sum_(k | 0 < z x i k 0) v k 0 ^+ 2 + \sum_(k | ~~ (0 < z x i k 0)) e W x y i k 0 ^+ 2.
Proof.
move=> a0 zy orth; apply: le_trans (shortest_rest a orth) _.
apply: le_trans (direct_across_sum a0 zy); rewrite norm_sqr dot_col.
apply: ler_sum => k _.
have entry m (s r : 'cV[R]_m) j : (s - a *: r) j 0 = s j 0 - a * r j 0 by rewrite !mxE.
by rewrite !entry expr2.
Qed.

(* Everything together: with the certified numbers P, A, Nb, Phi the ratio    *)
(* f(y)/f(x) is at most Phi L.                                                *)
Theorem direct_step_flips x t (a g : nat -> R) (c : forall i, 'cV[R]_(d i.+1))
    (P A Nb Phi : nat -> R) (y := x + step (grad x) t (f x)) :
  f x != 0 -> 0 < t ->
  (forall i, (i < L)%N -> z y i = a i *: z x i + g i *: l W w x i + c i) ->
  (forall i, (i < L)%N -> F x y i / f x - a i <= g i * sqr_l W w x i / f x <= 0) ->
  (forall i, (i < L)%N -> layer_share W w x (a i) (g i) (c i) <= P i) ->
  (forall i, (i < L)%N -> P i <= 1) -> (forall i, (i < L)%N -> a i <= A i) ->
  (forall i, (i < L)%N -> noise W w x (a i) (c i) / f x <= Nb i) ->
  (forall i, (i < L)%N -> Phi i <= A i) -> 1 - t <= Phi 0%N ->
  (forall i, (i < L)%N -> (1 - P i) * Phi i + P i * A i + Nb i <= Phi i.+1) ->
  (forall i, (i <= L)%N -> F x y i / f x <= Phi i) /\
  (1 - Phi L) / t <= (f x - f y) / (t * f x) /\ (Phi L < 0 -> f y * f x < 0).
Proof.
move=> fx t0 zy DD' pP P1 aA NNb PhiA start certified.
pose p i := layer_share W w x (a i) (g i) (c i) *
  (g i * sqr_l W w x i / f x / (F x y i / f x - a i)).
have bound : forall i, (i <= L)%N -> F x y i / f x <= Phi i.
  apply: (contraction_bound (F := fun i => F x y i / f x) (a := a) (p := p)
    (N := fun i => noise W w x (a i) (c i) / f x) _ _ certified _ P1 aA NNb PhiA) => [|j jL|j jL].
  - by rewrite direct_start_network mulfK.
  - by have [_ ->] := direct_recursion jL (zy j jL) fx (DD' j jL).
  have [/andP[p0 pj] _] := direct_recursion jL (zy j jL) fx (DD' j jL).
  by rewrite p0 (le_trans pj (pP j jL)).
split=> //; apply: ratio_flips => //.
by rewrite -/y -(direct_end W w x y); apply: bound.
Qed.

End Step.
