(******************************************************************************)
(* The adversarial step on a ReLU network of any depth and any widths.        *)
(* Puts the segment (Segment.v) and the flip (Flip.v) together, mirroring     *)
(* proofs/flip.md#step with the segment form of proofs/linearity.md#affine:   *)
(* if the gradient changes by at most the share eps < 1 - 1/t of itself along *)
(* the step, the sign of the output changes.                                  *)
(******************************************************************************)
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Segment Flip.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Step.
Variables (R : rcfType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types (x u : 'cV[R]_(d 0)) (t eps : R).
Local Notation f := (f W w).
Local Notation grad := (grad W w).

(* A network is piecewise linear along a segment; its slopes are gradients.   *)
Lemma network_pieces x u eps :
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - grad x) <= eps * norm (grad x)) ->
  piecewise_linear f x u (grad x) eps.
Proof.
by move=> near; apply: piecewise_linear_gradient near; apply: segment_pieces.
Qed.

Lemma gradient_nonzero x : f x != 0 -> grad x != 0.
Proof. by apply: contra => /eqP g0; rewrite euler g0 mul0mx mxE. Qed.

Theorem network_affine x u eps :
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - grad x) <= eps * norm (grad x)) ->
  `|f (x + u) - f x - pair (grad x) u| <= eps * norm (grad x) * norm u.
Proof. by move=> near; apply/affine_error/network_pieces. Qed.

Theorem network_step_flips x t eps : let u := step (grad x) t (f x) in
  f x != 0 -> 1 < t -> eps < 1 - t^-1 ->
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - grad x) <= eps * norm (grad x)) ->
  f (x + u) * f x < 0.
Proof.
move=> u fx t1 small near.
exact: (step_flips (gradient_nonzero fx) fx t1 small (network_pieces near)).
Qed.

(* The length of the step and its part along the input, for networks.         *)
Theorem network_step_size x t : x != 0 -> 0 <= t ->
  norm (step (grad x) t (f x)) = t * kappa (f x) (grad x) x * norm x /\
  kappa (f x) (grad x) x <= 1.
Proof.
by move=> x0 t0; split; [apply: step_size|apply: kappa_le1; rewrite euler].
Qed.

End Step.
