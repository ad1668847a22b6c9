(******************************************************************************)
(* Neurons that flip (are active at exactly one of two points x, y) have a    *)
(* small margin at x, so few of them can flip.                                *)
(* Mirrors proofs/bottleneck.md#flips (the deterministic part: margins, sums  *)
(* of squares, counting) and the two identities on a flip that the proof in   *)
(* proofs/linearity.md#affine uses.  "Active" means pre-activation > 0.       *)
(* In the scalar statements p is the pre-activation at x, q the one at y;     *)
(* (0 < p) != (0 < q) is the flip, and p = 0 or q = 0 is allowed throughout.  *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions. *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Decomposition.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Scalar.
Variable R : realDomainType.
Implicit Types p q : R.

(* 0 lies between p and q, so the distance is the sum of the two margins.     *)
Lemma flip_distance p q : (0 < p) != (0 < q) -> `|q - p| = `|p| + `|q|.
Proof.
case: (ltP 0 p) => p0; case: (ltP 0 q) => q0 //= _.
- have pq : q - p <= 0 by rewrite subr_le0 (le_trans q0) ?ltW.
  by rewrite (gtr0_norm p0) (ler0_norm q0) (ler0_norm pq) opprB.
- have pq : 0 <= q - p by rewrite subr_ge0 (le_trans p0) ?ltW.
  by rewrite (ler0_norm p0) (gtr0_norm q0) (ger0_norm pq) addrC.
Qed.

Theorem flip_margin p q : (0 < p) != (0 < q) -> `|p| <= `|q - p|.
Proof. by move=> pq; rewrite flip_distance // ler_addl normr_ge0. Qed.

Theorem flip_excess p q : (0 < p) != (0 < q) -> `|q| = `|q - p| - `|p|.
Proof. by move=> pq; rewrite flip_distance // addrC addKr. Qed.

(* At q = 0 both sides are 0: the flip is p > 0, q = 0, and -1 * 0 = 0.       *)
Theorem flip_identity p q : (0 < p) != (0 < q) ->
  ((0 < q)%R%:R - (0 < p)%R%:R) * q = `|q|.
Proof.
case: (ltP 0 p) => p0; case: (ltP 0 q) => q0 //= _.
- by rewrite sub0r mulN1r ler0_norm.
- by rewrite subr0 mul1r gtr0_norm.
Qed.

(* Without a flip the neuron does not contribute to (D(y) - D(x)) z(y).       *)
Lemma no_flip_identity p q : (0 < p) = (0 < q) ->
  ((0 < q)%R%:R - (0 < p)%R%:R) * q = 0.
Proof. by move=> ->; rewrite subrr mul0r. Qed.

End Scalar.

Section Network.
Variables (R : realDomainType) (d : nat -> nat).
Variable W : forall i, 'M[R]_(d i.+1, d i).
Implicit Types (x y : 'cV[R]_(d 0)) (j m : nat).
Local Notation z := (z W).
Local Notation D := (D W).

Definition flipped x y j : {set 'I_(d j.+1)} := [set k | D x j k k != D y j k k].

Lemma flippedE x y j k : (D x j k k != D y j k k) = ((0 < z x j k 0) != (0 < z y j k 0)).
Proof. by rewrite !D_diag eqr_nat; do 2!case: (0 < _). Qed.

Theorem flip_margin_network x y j k :
  D x j k k != D y j k k -> `|z x j k 0| <= `|z y j k 0 - z x j k 0|.
Proof. by rewrite flippedE; apply: flip_margin. Qed.

(* The entries of (D(y) - D(x)) z(y): |z(y)| on the flipped neurons, else 0.  *)
Theorem flip_identity_network x y j k :
  ((D y j - D x j) *m z y j) k 0 = if k \in flipped x y j then `|z y j k 0| else 0.
Proof.
rewrite inE flippedE.
have -> : ((D y j - D x j) *m z y j) k 0 =
          ((0 < z y j k 0)%R%:R - (0 < z x j k 0)%R%:R) * z y j k 0.
  have sub (u v : 'cV[R]_(d j.+1)) : (u - v) k 0 = u k 0 - v k 0 by rewrite !mxE.
  by rewrite mulmxBl sub !mul_D_entry mulrBl.
case: ifP => [|/negbFE/eqP]; first exact: flip_identity.
exact: no_flip_identity.
Qed.

Theorem flips_squares x y j (F : {set 'I_(d j.+1)}) :
  (forall k, k \in F -> D x j k k != D y j k k) ->
  \sum_(k in F) (z x j k 0) ^+ 2 <= \sum_(k in F) (z y j k 0 - z x j k 0) ^+ 2.
Proof.
move=> flip; apply: ler_sum => k kF.
rewrite -[X in X <= _]real_normK ?num_real // -[X in _ <= X]real_normK ?num_real //.
by rewrite ler_sqr ?nnegrE ?normr_ge0 //; apply: flip_margin_network; apply: flip.
Qed.

(* If m or more neurons flipped, m of them would have margins at x of squared *)
(* sum at least Q, and at most K by flips_squares.                            *)
Theorem flips_count x y j m (Q K : R) :
  (forall F : {set 'I_(d j.+1)}, #|F| = m -> Q <= \sum_(k in F) (z x j k 0) ^+ 2) ->
  (forall F : {set 'I_(d j.+1)}, #|F| = m ->
     \sum_(k in F) (z y j k 0 - z x j k 0) ^+ 2 <= K) ->
  K < Q ->
  (#|[set k | D x j k k != D y j k k]| < m)%N.
Proof.
move=> low high KQ; rewrite ltnNge; apply/negP => /card_geqP[s [s_uniq s_size s_flip]].
pose F : {set 'I_(d j.+1)} := [set k in s].
have F_size : #|F| = m by rewrite cardsE -s_size; apply/card_uniqP.
have F_flip k : k \in F -> D x j k k != D y j k k.
  by rewrite inE => /s_flip; rewrite inE.
have := le_trans (low F F_size) (le_trans (flips_squares F_flip) (high F F_size)).
by rewrite leNgt KQ.
Qed.

End Network.

(* The error of the linear approximation at x: only flipped neurons appear,   *)
(* each with its backward row entry at x and its |pre-activation| at y.       *)
Section Affine.
Variables (R : realDomainType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).

Theorem affine_flips (x y : 'cV[R]_(d 0)) :
  f W w y - f W w x - (grad W w x *m (y - x)) 0 0 =
  \sum_(j < L) \sum_(k in flipped W x y j) b W w x j.+1 0 k * `|z W y j k 0|.
Proof.
have sub (M N : 'M[R]_1) : (M - N) 0 0 = M 0 0 - N 0 0 by rewrite !mxE.
rewrite mulmxBr sub -euler opprB addrA subrK affine_decomposition.
apply: eq_bigr => j _; rewrite -mulmxA mxE [RHS]big_mkcond /=; apply: eq_bigr => k _.
by rewrite flip_identity_network; case: ifP => // _; rewrite mulr0.
Qed.

End Affine.
