(******************************************************************************)
(* How the gradient changes between two points, exactly and layer by layer.   *)
(* Mirrors proofs/linearity.md#decomposition:                                 *)
(*   grad f(x) - grad f(y)    = sum_j b_j(x) (D_j(x) - D_j(y)) W_j J_j(y)     *)
(*   f(y) - <grad f(x), y>    = sum_j b_j(x) (D_j(y) - D_j(x)) z_j(y)         *)
(* The first is a telescoping identity about products of matrices over any    *)
(* ring; the network enters only through its two activation patterns.         *)
(* Indices: layer j + 1 of the prose is j here (D x j, W j, z y j, b x j.+1), *)
(* and J y j is the Jacobian of the layers below it.                          *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions. *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Telescoping.
Variables (R : ringType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (Dx Dy : forall i, 'M[R]_(d i.+1)).
(* Rows b run down from layer L with Dx; J is the product upwards with Dy.    *)
Variables (b : forall i, 'rV[R]_(d i)) (J : forall i, 'M[R]_(d i, d 0)).
Hypothesis b_down : forall i, (i < L)%N -> b i = b i.+1 *m Dx i *m W i.
Hypothesis J_bottom : J 0 = 1%:M.
Hypothesis J_up : forall i, J i.+1 = Dy i *m W i *m J i.

(* Exchange one pattern at a time: b_i J_i and b_(i+1) J_(i+1) differ only    *)
(* in the pattern of layer i + 1.                                             *)
Lemma exchange i : (i < L)%N ->
  b i *m J i = b i.+1 *m J i.+1 + b i.+1 *m (Dx i - Dy i) *m (W i *m J i).
Proof.
move=> iL; rewrite (b_down iL) J_up mulmxBr mulmxBl !mulmxA.
by rewrite addrCA subrr addr0.
Qed.

Lemma telescoping_upto n : (n <= L)%N ->
  b 0 = b n *m J n + \sum_(i < n) b i.+1 *m (Dx i - Dy i) *m (W i *m J i).
Proof.
elim: n => [|n IH] nL; first by rewrite big_ord0 addr0 J_bottom mulmx1.
by rewrite (IH (ltnW nL)) (exchange nL) big_ord_recr /= -addrA [X in _ + X]addrC.
Qed.

Theorem telescoping_product :
  b 0 - b L *m J L = \sum_(i < L) b i.+1 *m (Dx i - Dy i) *m (W i *m J i).
Proof. by rewrite (telescoping_upto (leqnn L)) addrC addKr. Qed.

(* The rows of the other pattern, started from the same row at the top.       *)
Variable c : forall i, 'rV[R]_(d i).
Hypothesis c_down : forall i, (i < L)%N -> c i = c i.+1 *m Dy i *m W i.
Hypothesis c_top : b L = c L.

Lemma rows_product n : (n <= L)%N -> c 0 = c n *m J n.
Proof.
elim: n => [|n IH] nL; first by rewrite J_bottom mulmx1.
by rewrite (IH (ltnW nL)) (c_down nL) J_up !mulmxA.
Qed.

Theorem telescoping :
  b 0 - c 0 = \sum_(i < L) b i.+1 *m (Dx i - Dy i) *m (W i *m J i).
Proof. by rewrite (rows_product (leqnn L)) -c_top telescoping_product. Qed.

End Telescoping.

Section Decomposition.
Variables (R : realDomainType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types x y : 'cV[R]_(d 0).
Local Notation z := (z W).
Local Notation D := (D W).
Local Notation J := (J W).
Local Notation f := (f W w).
Local Notation grad := (grad W w).
Local Notation b := (b W w).

Theorem decomposition x y :
  grad x - grad y = \sum_(j < L) b x j.+1 *m (D x j - D y j) *m W j *m J y j.
Proof.
rewrite [grad x]backward_gradient.
have -> : grad y = b x L *m J y L by rewrite b_top.
rewrite (telescoping_product (W := W) (Dx := D x) (Dy := D y) (b_step W w x)) //.
by apply: eq_bigr => j _; rewrite !mulmxA.
Qed.

(* The change of the gradient along any direction v.                          *)
Theorem directional_decomposition x y (v : 'cV[R]_(d 0)) :
  ((grad x - grad y) *m v) 0 0 =
  \sum_(j < L) (b x j.+1 *m (D x j - D y j) *m (W j *m (J y j *m v))) 0 0.
Proof.
rewrite decomposition mulmx_suml summxE.
by apply: eq_bigr => j _; rewrite !mulmxA.
Qed.

(* v = y: then W_j J_j(y) y is the pre-activation at y.                       *)
Theorem affine_decomposition x y :
  f y - (grad x *m y) 0 0 =
  \sum_(j < L) (b x j.+1 *m (D y j - D x j) *m z y j) 0 0.
Proof.
have -> : f y - (grad x *m y) 0 0 = - ((grad x - grad y) *m y) 0 0.
  by rewrite euler mulmxBl !mxE opprB.
rewrite directional_decomposition -sumrN; apply: eq_bigr => j _.
have neg (M : 'M[R]_1) : (- M) 0 0 = - M 0 0 by rewrite mxE.
by rewrite -h_jacobian -/(z y j) -(opprB (D y j)) mulmxN mulNmx neg opprK.
Qed.

End Decomposition.
