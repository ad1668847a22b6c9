(******************************************************************************)
(* A deep ReLU network without biases, of any depth L and any widths d.       *)
(* Mirrors proofs/model.md#homogeneity:                                       *)
(*   f (c x) = c f(x) for c >= 0,   f(x) = <grad f(x), x>,                    *)
(*   and f(x) = b_i(x) h_i(x) at every layer i, b the backward rows of x.     *)
(* Everything is exact algebra over an ordered integral domain.  At a point   *)
(* with a pre-activation 0, "gradient" means the product w D W ... D W with   *)
(* the pattern defined by z > 0, as in the prose.                             *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions. *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* Rows transported from the output downwards: v at layer L, then             *)
(* b_i = b_(i+1) A_i W_i.  The recursion strips off the first layer, so that  *)
(* no index arithmetic occurs in types; backrows_top and backrows_step are    *)
(* the two equations that characterise it (backrows_unique).  Above layer L   *)
(* the value is irrelevant (0).                                               *)
Section Rows.
Variable R : ringType.
Implicit Type L : nat.

Fixpoint backrows L : forall d : nat -> nat,
    (forall i, 'M[R]_(d i.+1, d i)) -> (forall i, 'M[R]_(d i.+1)) ->
    'rV[R]_(d L) -> forall i, 'rV[R]_(d i) :=
  match L return forall d : nat -> nat,
    (forall i, 'M[R]_(d i.+1, d i)) -> (forall i, 'M[R]_(d i.+1)) ->
    'rV[R]_(d L) -> forall i, 'rV[R]_(d i) with
  | 0 => fun d _ _ v i =>
      match i return 'rV[R]_(d i) with 0 => v | _.+1 => 0 end
  | L'.+1 => fun d W A v =>
      let above := @backrows L' (fun i => d i.+1) (fun i => W i.+1) (fun i => A i.+1) v in
      fun i => match i return 'rV[R]_(d i) with
               | 0 => above 0%N *m A 0%N *m W 0%N
               | i'.+1 => above i'
               end
  end.

Lemma backrows_top L d W A v : @backrows L d W A v L = v.
Proof. by elim: L d W A v => [|L IH] d W A v //=; apply: IH. Qed.

Lemma backrows_step L d W A v i : (i < L)%N ->
  @backrows L d W A v i = @backrows L d W A v i.+1 *m A i *m W i.
Proof.
elim: L d W A v i => [|L IH] d W A v [|i] //= iL.
by rewrite -[LHS]/(@backrows L _ (fun i => W i.+1) (fun i => A i.+1) v i) IH.
Qed.

Lemma backrows_unique L d W A v (b : forall i, 'rV[R]_(d i)) :
  b L = v -> (forall i, (i < L)%N -> b i = b i.+1 *m A i *m W i) ->
  forall i, (i <= L)%N -> b i = @backrows L d W A v i.
Proof.
move=> bL bS; suff down k i : (k + i)%N = L -> b i = @backrows L d W A v i.
  by move=> i iL; apply: (down (L - i)%N); rewrite subnK.
elim: k i => [|k IH] i ki; first by rewrite add0n in ki; rewrite ki bL backrows_top.
have iL : (i < L)%N by rewrite -ki ltnS leq_addl.
by rewrite bS // backrows_step // (IH i.+1) // addnS.
Qed.

End Rows.

Section Network.
Variables (R : realDomainType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Implicit Types (x y : 'cV[R]_(d 0)) (c : R).

Definition relu n (v : 'cV[R]_n) : 'cV[R]_n := map_mx (Num.max 0) v.

(* Hidden vectors: h x 0 = x; z x i is the pre-activation of layer i + 1.     *)
Fixpoint h x i : 'cV[R]_(d i) :=
  match i return 'cV[R]_(d i) with
  | 0 => x
  | i'.+1 => relu (W i' *m h x i')
  end.

Definition z x i : 'cV[R]_(d i.+1) := W i *m h x i.

Definition f x : R := (w *m h x L) 0 0.

(* Activation pattern of layer i + 1; a neuron with pre-activation 0 is off.  *)
Definition D x i : 'M[R]_(d i.+1) := diag_mx (\row_k (0 < z x i k 0)%R%:R).

(* Jacobian of h _ i at x, and the gradient of f, a row.                      *)
Fixpoint J x i : 'M[R]_(d i, d 0) :=
  match i return 'M[R]_(d i, d 0) with
  | 0 => 1%:M
  | i'.+1 => D x i' *m W i' *m J x i'
  end.

Definition grad x : 'rV[R]_(d 0) := w *m J x L.

(* Backward rows of x: b x L = w, b x i = b x i.+1 *m D x i *m W i.           *)
Definition b x : forall i, 'rV[R]_(d i) := backrows W (D x) w.

Lemma h_relu x i : h x i.+1 = relu (z x i).
Proof. by []. Qed.

Lemma J_step x i : J x i.+1 = D x i *m W i *m J x i.
Proof. by []. Qed.

Lemma b_top x : b x L = w.
Proof. exact: backrows_top. Qed.

Lemma b_step x i : (i < L)%N -> b x i = b x i.+1 *m D x i *m W i.
Proof. exact: backrows_step. Qed.

Lemma D_diag x i k : D x i k k = (0 < z x i k 0)%R%:R.
Proof. by rewrite !mxE eqxx mulr1n. Qed.

(* D acts on columns entry by entry. *)
Lemma mul_D_entry x i (v : 'cV[R]_(d i.+1)) k :
  (D x i *m v) k 0 = (0 < z x i k 0)%R%:R * v k 0.
Proof. by rewrite /D mul_diag_mx !mxE. Qed.

(* relu acts at x as multiplication by the pattern of x. *)
Lemma h_step x i : h x i.+1 = D x i *m z x i.
Proof.
apply/colP => k; rewrite mul_D_entry h_relu mxE.
by case: (ltP 0 (z x i k 0)) => zk; rewrite ?mul1r ?mul0r.
Qed.

Lemma h_jacobian x i : h x i = J x i *m x.
Proof.
elim: i => [|i IH]; first by rewrite mul1mx.
by rewrite h_step /z IH J_step !mulmxA.
Qed.

Lemma relu_scale c n (v : 'cV[R]_n) : 0 <= c -> relu (c *: v) = c *: relu v.
Proof. by move=> c0; apply/colP => k; rewrite !mxE maxr_pmulr // mulr0. Qed.

Lemma h_scale c x i : 0 <= c -> h (c *: x) i = c *: h x i.
Proof.
by move=> c0; elim: i => //= i IH; rewrite IH -scalemxAr relu_scale.
Qed.

Lemma z_scale c x i : 0 <= c -> z (c *: x) i = c *: z x i.
Proof. by move=> c0; rewrite /z h_scale // scalemxAr. Qed.

Theorem homogeneity c x : 0 <= c -> f (c *: x) = c * f x.
Proof. by move=> c0; rewrite /f h_scale // -scalemxAr mxE. Qed.

Theorem pattern_scale c x i : 0 < c -> D (c *: x) i = D x i.
Proof.
move=> c0; rewrite /D z_scale ?ltW //; congr diag_mx; apply/rowP => k.
have scaled : (c *: z x i) k 0 = c * z x i k 0 by rewrite mxE.
by rewrite mxE [in RHS]mxE scaled pmulr_rgt0.
Qed.

Lemma J_scale c x i : 0 < c -> J (c *: x) i = J x i.
Proof. by move=> c0; elim: i => //= i ->; rewrite pattern_scale. Qed.

Theorem gradient_scale c x : 0 < c -> grad (c *: x) = grad x.
Proof. by move=> c0; rewrite /grad J_scale. Qed.

Theorem euler x : f x = (grad x *m x) 0 0.
Proof. by rewrite /f h_jacobian mulmxA. Qed.

(* b_i J_i does not depend on i: one factor D W moves from b to J.            *)
Lemma b_jacobian x i : (i <= L)%N -> b x 0 = b x i *m J x i.
Proof.
elim: i => [|i IH] iL; first by rewrite /= mulmx1.
by rewrite (IH (ltnW iL)) (b_step x iL) J_step !mulmxA.
Qed.

Theorem backward_gradient x : grad x = b x 0.
Proof. by rewrite (b_jacobian x (leqnn L)) b_top. Qed.

Theorem output_by_layer x i : (i <= L)%N -> f x = (b x i *m h x i) 0 0.
Proof.
by move=> iL; rewrite euler backward_gradient (b_jacobian x iL) h_jacobian mulmxA.
Qed.

End Network.
