(******************************************************************************)
(* The network of Network.v with an activation of slope 1 at positive and of  *)
(* any slope a at other arguments: a = 0 is ReLU.                             *)
(* Mirrors proofs/model.md#homogeneity and proofs/linearity.md#decomposition  *)
(* for the family: homogeneity, f(x) = <grad f(x), x>, backward rows, the     *)
(* change of the gradient and the affine error as sums over layers, in which  *)
(* the patterns differ by the jump 1 - a.                                     *)
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

Section Slopes.
Variables (R : realDomainType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types (x y : 'cV[R]_(d 0)) (c t : R).

Definition slope t : R := if 0 < t then 1 else a.

Definition act n (v : 'cV[R]_n) : 'cV[R]_n := map_mx (fun t => slope t * t) v.

Fixpoint h x i : 'cV[R]_(d i) :=
  match i return 'cV[R]_(d i) with
  | 0 => x
  | i'.+1 => act (W i' *m h x i')
  end.

Definition z x i : 'cV[R]_(d i.+1) := W i *m h x i.

Definition f x : R := (w *m h x L) 0 0.

Definition D x i : 'M[R]_(d i.+1) := diag_mx (\row_k slope (z x i k 0)).

Fixpoint J x i : 'M[R]_(d i, d 0) :=
  match i return 'M[R]_(d i, d 0) with
  | 0 => 1%:M
  | i'.+1 => D x i' *m W i' *m J x i'
  end.

Definition grad x : 'rV[R]_(d 0) := w *m J x L.

Definition b x : forall i, 'rV[R]_(d i) := backrows W (D x) w.

Lemma b_top x : b x L = w.
Proof. exact: backrows_top. Qed.

Lemma b_step x i : (i < L)%N -> b x i = b x i.+1 *m D x i *m W i.
Proof. exact: backrows_step. Qed.

Lemma h_step x i : h x i.+1 = D x i *m z x i.
Proof. by apply/colP => k; rewrite /D mul_diag_mx !mxE. Qed.

Lemma h_jacobian x i : h x i = J x i *m x.
Proof.
elim: i => [|i IH]; first by rewrite mul1mx.
by rewrite h_step /z IH !mulmxA.
Qed.

Lemma slope_scale c t : 0 < c -> slope (c * t) = slope t.
Proof. by move=> c0; rewrite /slope pmulr_rgt0. Qed.

Lemma act_scale c n (v : 'cV[R]_n) : 0 <= c -> act (c *: v) = c *: act v.
Proof.
rewrite le_eqVlt => /orP[/eqP <-|c0].
  by rewrite !scale0r; apply/colP => k; rewrite !mxE mulr0.
by apply/colP => k; rewrite !mxE slope_scale // mulrCA.
Qed.

Lemma h_scale c x i : 0 <= c -> h (c *: x) i = c *: h x i.
Proof.
by move=> c0; elim: i => //= i IH; rewrite IH -scalemxAr act_scale.
Qed.

Lemma z_scale c x i : 0 <= c -> z (c *: x) i = c *: z x i.
Proof. by move=> c0; rewrite /z h_scale // scalemxAr. Qed.

Theorem slope_homogeneity c x : 0 <= c -> f (c *: x) = c * f x.
Proof. by move=> c0; rewrite /f h_scale // -scalemxAr mxE. Qed.

Theorem slope_pattern_scale c x i : 0 < c -> D (c *: x) i = D x i.
Proof.
move=> c0; rewrite /D z_scale ?ltW //; congr diag_mx; apply/rowP => k.
have scaled : (c *: z x i) k 0 = c * z x i k 0 by rewrite mxE.
by rewrite mxE [in RHS]mxE scaled slope_scale.
Qed.

Lemma J_scale c x i : 0 < c -> J (c *: x) i = J x i.
Proof. by move=> c0; elim: i => //= i ->; rewrite slope_pattern_scale. Qed.

Theorem slope_gradient_scale c x : 0 < c -> grad (c *: x) = grad x.
Proof. by move=> c0; rewrite /grad J_scale. Qed.

Theorem slope_euler x : f x = (grad x *m x) 0 0.
Proof. by rewrite /f h_jacobian mulmxA. Qed.

Lemma b_jacobian x i : (i <= L)%N -> b x 0 = b x i *m J x i.
Proof.
elim: i => [|i IH] iL; first by rewrite /= mulmx1.
by rewrite (IH (ltnW iL)) (b_step x iL) /= !mulmxA.
Qed.

Theorem slope_backward_gradient x : grad x = b x 0.
Proof. by rewrite (b_jacobian x (leqnn L)) b_top. Qed.

Theorem slope_output_by_layer x i : (i <= L)%N -> f x = (b x i *m h x i) 0 0.
Proof.
by move=> iL; rewrite slope_euler slope_backward_gradient (b_jacobian x iL) h_jacobian mulmxA.
Qed.

Theorem slope_decomposition x y :
  grad x - grad y = \sum_(j < L) b x j.+1 *m (D x j - D y j) *m W j *m J y j.
Proof.
rewrite slope_backward_gradient.
have -> : grad y = b x L *m J y L by rewrite b_top.
rewrite (telescoping_product (W := W) (Dx := D x) (Dy := D y) (b_step x)) //.
by apply: eq_bigr => j _; rewrite !mulmxA.
Qed.

(* The change of the gradient along any direction v.                          *)
Theorem slope_directional_decomposition x y (v : 'cV[R]_(d 0)) :
  ((grad x - grad y) *m v) 0 0 =
  \sum_(j < L) (b x j.+1 *m (D x j - D y j) *m (W j *m (J y j *m v))) 0 0.
Proof.
rewrite slope_decomposition mulmx_suml summxE.
by apply: eq_bigr => j _; rewrite !mulmxA.
Qed.

(* v = y: then W_j J_j(y) y is the pre-activation at y.                       *)
Theorem slope_affine_decomposition x y :
  f y - (grad x *m y) 0 0 =
  \sum_(j < L) (b x j.+1 *m (D y j - D x j) *m z y j) 0 0.
Proof.
have -> : f y - (grad x *m y) 0 0 = - ((grad x - grad y) *m y) 0 0.
  by rewrite slope_euler mulmxBl !mxE opprB.
rewrite slope_directional_decomposition -sumrN; apply: eq_bigr => j _.
have neg (M : 'M[R]_1) : (- M) 0 0 = - M 0 0 by rewrite mxE.
by rewrite -h_jacobian -/(z y j) -(opprB (D y j)) mulmxN mulNmx neg opprK.
Qed.

Lemma D_diag x i k : D x i k k = slope (z x i k 0).
Proof. by rewrite !mxE eqxx mulr1n. Qed.

Lemma slope_difference s t :
  slope s - slope t = (1 - a) * ((0 < s)%R%:R - (0 < t)%R%:R).
Proof.
rewrite /slope; case: (0 < s); case: (0 < t) => /=.
- by rewrite !subrr mulr0.
- by rewrite subr0 mulr1.
- by rewrite sub0r mulrN1 opprB.
- by rewrite !subrr mulr0.
Qed.

(* Where a neuron flips its slope jumps by 1 - a, and nowhere else.           *)
Theorem slope_jump x y i k :
  (D x i - D y i) k k = (1 - a) * ((0 < z x i k 0)%R%:R - (0 < z y i k 0)%R%:R).
Proof.
have entry (M N : 'M[R]_(d i.+1)) : (M - N) k k = M k k - N k k by rewrite !mxE.
by rewrite entry !D_diag slope_difference.
Qed.

End Slopes.

(* Slope 0 is ReLU.                                                           *)
Theorem slope_relu (R : realDomainType) (n : nat) (v : 'cV[R]_n) :
  act (0 : R) v = relu v.
Proof.
apply/colP => k; rewrite !mxE /slope.
by case: (ltP 0 (v k 0)) => vk; rewrite ?mul1r ?mul0r.
Qed.
