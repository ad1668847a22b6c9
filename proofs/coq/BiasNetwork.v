(******************************************************************************)
(* Networks with biases, with an activation of slope 1 at positive and of any *)
(* slope a at other arguments (Slopes.v): h i.+1 = act (W i h i + bias i),    *)
(* f = w h L + out.  a = 0 is ReLU; without biases it is Slopes.v's network   *)
(* (bias_none).                                                               *)
(* In place of homogeneity (proofs/model.md#homogeneity), with l i the row    *)
(* b i.+1 D i as a column:                                                    *)
(*   f(x) = <grad f(x), x> + sum_i <l i, bias i> + out                        *)
(* (bias_euler), and the same from any layer on (bias_output_by_layer); f is  *)
(* homogeneous in input and biases together (bias_homogeneity); and it is a   *)
(* network without biases on vectors (h, beta), for any beta > 0              *)
(* (bias_augmented, bias_augmented_rows).                                     *)
(* And proofs/linearity.md#decomposition, proofs/bottleneck.md#flips with     *)
(* biases: the change of the gradient, the affine error over flipped neurons, *)
(* margins of flipped neurons, the Lipschitz bound of a layer.                *)
(* Everything is exact algebra over any ordered field; at a pre-activation 0  *)
(* the slope is a, as in Slopes.v.                                            *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions.              *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Decomposition Flips Slopes Neuron.
Require Import Ring Field.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Entries.
Variable R : realFieldType.

Lemma act_entry (a : R) n (v : 'cV[R]_n) k : act a v k 0 = slope a (v k 0) * v k 0.
Proof. by rewrite mxE. Qed.

Lemma mul_sub n (u : 'rV[R]_n) (s t : 'cV[R]_n) :
  (u *m (s - t)) 0 0 = (u *m s) 0 0 - (u *m t) 0 0.
Proof. by rewrite mulmxBr !mxE. Qed.

End Entries.

Section BiasNetwork.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Implicit Types (x y : 'cV[R]_(d 0)) (c : R) (i j m : nat).
Local Notation slope := (slope a).
Add Field bias_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.

Fixpoint h x i : 'cV[R]_(d i) :=
  match i return 'cV[R]_(d i) with
  | 0 => x
  | i'.+1 => act a (W i' *m h x i' + bias i')
  end.

Definition z x i : 'cV[R]_(d i.+1) := W i *m h x i + bias i.

Definition f x : R := (w *m h x L) 0 0 + out.

(* Activation pattern of layer i + 1, with entries 1 and a.                   *)
Definition D x i : 'M[R]_(d i.+1) := diag_mx (\row_k slope (z x i k 0)).

Fixpoint J x i : 'M[R]_(d i, d 0) :=
  match i return 'M[R]_(d i, d 0) with
  | 0 => 1%:M
  | i'.+1 => D x i' *m W i' *m J x i'
  end.

(* That this row is the slope of f is SlopeSegment.bias_segment_affine.       *)
Definition grad x : 'rV[R]_(d 0) := w *m J x L.

Definition b x : forall i, 'rV[R]_(d i) := backrows W (D x) w.

(* The masked backward rows, as columns.                                      *)
Definition l x i : 'cV[R]_(d i.+1) := (b x i.+1 *m D x i)^T.

(* What the biases of layer i + 1 and of those above it add to f.             *)
Definition rest x i : R := \sum_(j < L | (i <= j)%N) \sum_k l x j k 0 * bias j k 0 + out.

Lemma b_top x : b x L = w.
Proof. exact: backrows_top. Qed.

Lemma b_step x i : (i < L)%N -> b x i = b x i.+1 *m D x i *m W i.
Proof. exact: backrows_step. Qed.

Lemma D_diag x i k : D x i k k = slope (z x i k 0).
Proof. by rewrite !mxE eqxx mulr1n. Qed.

Lemma mul_D_entry x i (v : 'cV[R]_(d i.+1)) k : (D x i *m v) k 0 = slope (z x i k 0) * v k 0.
Proof. by rewrite /D mul_diag_mx !mxE. Qed.

Lemma h_act x i : h x i.+1 = act a (z x i).
Proof. by []. Qed.

Lemma h_entry x i k : h x i.+1 k 0 = slope (z x i k 0) * z x i k 0.
Proof. by rewrite h_act act_entry. Qed.

Lemma h_step x i : h x i.+1 = D x i *m z x i.
Proof. by apply/colP => k; rewrite mul_D_entry h_entry. Qed.

Lemma l_entry x i k : l x i k 0 = slope (z x i k 0) * b x i.+1 0 k.
Proof. by rewrite /l /D mul_mx_diag !mxE mulrC. Qed.

Lemma l_apply x i (v : 'cV[R]_(d i.+1)) :
  (b x i.+1 *m D x i *m v) 0 0 = \sum_k l x i k 0 * v k 0.
Proof. by rewrite mxE; apply: eq_bigr => k _; rewrite [l _ _ _ _]mxE. Qed.

Lemma rest_top x : rest x L = out.
Proof. by rewrite /rest big1 ?add0r // => j; rewrite leqNgt ltn_ord. Qed.

Lemma rest_step x i : (i < L)%N ->
  rest x i = \sum_k l x i k 0 * bias i k 0 + rest x i.+1.
Proof.
move=> iL; rewrite /rest (bigD1 (Ordinal iL)) //= -addrA; congr (_ + (_ + _)).
by apply: eq_bigl => j; rewrite -val_eqE /= ltn_neqAle andbC eq_sym.
Qed.

Lemma rest_bottom x : rest x 0 = \sum_(j < L) \sum_k l x j k 0 * bias j k 0 + out.
Proof. by []. Qed.

(* At y, but with the rows and the pattern of x.                              *)
Lemma row_below x y i : (i < L)%N ->
  (b x i *m h y i) 0 0 + rest x i = \sum_k l x i k 0 * z y i k 0 + rest x i.+1.
Proof.
move=> iL; rewrite rest_step // addrA; congr (_ + _).
rewrite b_step // -!mulmxA mulmxA !l_apply -big_split; apply: eq_bigr => k _ /=.
by rewrite -mulrDr [z _ _ _ _]mxE.
Qed.

Lemma row_same x i : (i < L)%N ->
  (b x i.+1 *m h x i.+1) 0 0 = \sum_k l x i k 0 * z x i k 0.
Proof. by move=> iL; rewrite h_step mulmxA l_apply. Qed.

Theorem bias_output_by_layer x i : (i <= L)%N -> f x = (b x i *m h x i) 0 0 + rest x i.
Proof.
move=> iL; suff down k j : (k + j)%N = L -> f x = (b x j *m h x j) 0 0 + rest x j.
  by apply: (down (L - i)%N); rewrite subnK.
elim: k j => [|k IH] j kj; first by rewrite add0n in kj; rewrite kj b_top rest_top.
have jL : (j < L)%N by rewrite -kj ltnS leq_addl.
by rewrite row_below // -row_same // -(IH j.+1) // addnS.
Qed.

Lemma b_jacobian x i : (i <= L)%N -> b x 0 = b x i *m J x i.
Proof.
elim: i => [|i IH] iL; first by rewrite /= mulmx1.
by rewrite (IH (ltnW iL)) (b_step x iL) /= !mulmxA.
Qed.

Theorem bias_backward_gradient x : grad x = b x 0.
Proof. by rewrite (b_jacobian x (leqnn L)) b_top. Qed.

Theorem bias_euler x :
  f x = (grad x *m x) 0 0 + \sum_(i < L) \sum_k l x i k 0 * bias i k 0 + out.
Proof. by rewrite bias_backward_gradient (bias_output_by_layer x (leq0n L)) addrA. Qed.

(* ---- Two points.                                                           *)
Theorem bias_decomposition x y :
  grad x - grad y = \sum_(j < L) b x j.+1 *m (D x j - D y j) *m W j *m J y j.
Proof.
rewrite bias_backward_gradient.
have -> : grad y = b x L *m J y L by rewrite b_top.
rewrite (telescoping_product (W := W) (Dx := D x) (Dy := D y) (b_step x)) //.
by apply: eq_bigr => j _; rewrite !mulmxA.
Qed.

(* The change of the gradient along any direction v.                          *)
Theorem bias_directional_decomposition x y (v : 'cV[R]_(d 0)) :
  ((grad x - grad y) *m v) 0 0 =
  \sum_(j < L) (b x j.+1 *m (D x j - D y j) *m (W j *m (J y j *m v))) 0 0.
Proof.
rewrite bias_decomposition mulmx_suml summxE.
by apply: eq_bigr => j _; rewrite !mulmxA.
Qed.

(* The error of the linear approximation at x.                                *)
Theorem bias_affine_decomposition x y :
  f y - f x - (grad x *m (y - x)) 0 0 =
  \sum_(j < L) (b x j.+1 *m (D y j - D x j) *m z y j) 0 0.
Proof.
pose G i := (b x i *m h y i) 0 0 + rest x i.
have -> : f y - f x - (grad x *m (y - x)) 0 0 = G L - G 0%N.
  rewrite /G b_top rest_top -/(f y) bias_backward_gradient mul_sub.
  by rewrite (bias_output_by_layer x (leq0n L)); ring_R.
suff upto n : (n <= L)%N -> G n - G 0%N =
    \sum_(j < n) (b x j.+1 *m (D y j - D x j) *m z y j) 0 0 by exact: upto.
elim: n => [|n IH] nL; first by rewrite subrr big_ord0.
rewrite big_ord_recr /= -(IH (ltnW nL)) /G (row_below x y nL) h_step mulmxA mulmxBr mulmxBl.
have entry (M N : 'M[R]_1) : (M - N) 0 0 = M 0 0 - N 0 0 by rewrite !mxE.
by rewrite entry -l_apply; ring_R.
Qed.

(* The same from the output at y alone: the terms of biases are those of x.   *)
Theorem bias_affine_identity x y :
  f y = (grad x *m y) 0 0 + \sum_(j < L) \sum_k l x j k 0 * bias j k 0 + out +
  \sum_(j < L) (b x j.+1 *m (D y j - D x j) *m z y j) 0 0.
Proof. by rewrite -bias_affine_decomposition mul_sub [f x]bias_euler; ring_R. Qed.

(* Where a neuron flips its slope jumps by 1 - a, and nowhere else.           *)
Theorem bias_jump x y i k :
  (D x i - D y i) k k = (1 - a) * ((0 < z x i k 0)%R%:R - (0 < z y i k 0)%R%:R).
Proof.
have entry (M N : 'M[R]_(d i.+1)) : (M - N) k k = M k k - N k k by rewrite !mxE.
by rewrite entry !D_diag slope_difference.
Qed.

Definition flipped x y j : {set 'I_(d j.+1)} := [set k | (0 < z x j k 0) != (0 < z y j k 0)].

Theorem bias_flip_identity x y j k :
  ((D y j - D x j) *m z y j) k 0 = if k \in flipped x y j then (1 - a) * `|z y j k 0| else 0.
Proof.
have sub (u v : 'cV[R]_(d j.+1)) : (u - v) k 0 = u k 0 - v k 0 by rewrite !mxE.
rewrite inE mulmxBl sub !mul_D_entry; case: ifP => [|/negbFE/eqP pq]; first exact: neuron_flip.
by rewrite /Slopes.slope pq subrr.
Qed.

(* The error of the linear approximation: only flipped neurons appear, each   *)
(* with its backward row entry at x and its |pre-activation| at y.            *)
Theorem bias_affine_flips x y :
  f y - f x - (grad x *m (y - x)) 0 0 =
  (1 - a) * \sum_(j < L) \sum_(k in flipped x y j) b x j.+1 0 k * `|z y j k 0|.
Proof.
rewrite bias_affine_decomposition mulr_sumr; apply: eq_bigr => j _.
rewrite -mulmxA mxE mulr_sumr [RHS]big_mkcond /=; apply: eq_bigr => k _.
by rewrite bias_flip_identity; case: ifP => // _; rewrite ?mulr0 // mulrCA.
Qed.

(* Biases are the same at x and y.                                            *)
Lemma z_sub x y j : z y j - z x j = W j *m (h y j - h x j).
Proof. by rewrite /z mulmxBr opprD addrACA subrr addr0. Qed.

Lemma z_sub_entry x y j k : z y j k 0 - z x j k 0 = (W j *m (h y j - h x j)) k 0.
Proof. by rewrite -z_sub !mxE. Qed.

Theorem bias_flip_margin x y j k :
  k \in flipped x y j -> `|z x j k 0| <= `|(W j *m (h y j - h x j)) k 0|.
Proof. by rewrite inE -z_sub_entry; apply: flip_margin. Qed.

Lemma square_le (s t : R) : `|s| <= `|t| -> s ^+ 2 <= t ^+ 2.
Proof.
move=> st; rewrite -[s ^+ 2]real_normK ?num_real // -[t ^+ 2]real_normK ?num_real //.
by rewrite ler_sqr ?nnegrE.
Qed.

Theorem bias_flips_squares x y j (F : {set 'I_(d j.+1)}) : F \subset flipped x y j ->
  \sum_(k in F) (z x j k 0) ^+ 2 <= \sum_(k in F) ((W j *m (h y j - h x j)) k 0) ^+ 2.
Proof.
move=> /subsetP flip; apply: ler_sum => k kF.
by apply: square_le; apply: bias_flip_margin; apply: flip.
Qed.

(* If m or more neurons flipped, m of them would have margins at x of squared *)
(* sum at least Q, and at most K.                                             *)
Theorem bias_flips_count x y j m (Q K : R) :
  (forall F : {set 'I_(d j.+1)}, #|F| = m -> Q <= \sum_(k in F) (z x j k 0) ^+ 2) ->
  (forall F : {set 'I_(d j.+1)}, #|F| = m ->
     \sum_(k in F) ((W j *m (h y j - h x j)) k 0) ^+ 2 <= K) ->
  K < Q -> (#|flipped x y j| < m)%N.
Proof.
move=> low high KQ; rewrite ltnNge; apply/negP => /card_geqP[s [s_uniq s_size s_flip]].
pose F : {set 'I_(d j.+1)} := [set k in s].
have F_size : #|F| = m by rewrite cardsE -s_size; apply/card_uniqP.
have F_flip : F \subset flipped x y j by apply/subsetP => k; rewrite inE => /s_flip.
have := le_trans (low F F_size) (le_trans (bias_flips_squares F_flip) (high F F_size)).
by rewrite leNgt KQ.
Qed.

(* A layer is 1-Lipschitz in its pre-activations, and only |a| where a neuron *)
(* is active at neither point.                                                *)
Theorem bias_layer_lipschitz x y j : -1 <= a <= 1 ->
  \sum_k (h y j.+1 k 0 - h x j.+1 k 0) ^+ 2 <=
  a ^+ 2 * (\sum_k ((W j *m (h y j - h x j)) k 0) ^+ 2) +
  (1 - a ^+ 2) *
    \sum_(k | (0 < z x j k 0) || (0 < z y j k 0)) ((W j *m (h y j - h x j)) k 0) ^+ 2.
Proof.
move=> a1; rewrite [X in _ + _ * X]big_mkcond !mulr_sumr -big_split; apply: ler_sum => k _ /=.
rewrite -!z_sub_entry !h_entry; case: ifP => [_|/norP[]].
  by rewrite -mulrDl [a ^+ 2 + _]addrC subrK mul1r; apply: square_le; apply: slope_lipschitz.
rewrite -!leNgt => p0 q0; rewrite mulr0 addr0 -exprMn; apply: square_le.
by rewrite slope_lipschitz_inactive // normrM.
Qed.

End BiasNetwork.

(* ---- Without biases, at slope 1, and with input and biases scaled.         *)
Section Homogeneity.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Implicit Types (x y : 'cV[R]_(d 0)) (c : R) (i : nat).
Add Field bias_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Local Notation none := (fun i => 0 : 'cV[R]_(d i.+1)).

Lemma none_h x i : h a W none x i = Slopes.h a W x i.
Proof. by elim: i => //= i ->; rewrite addr0. Qed.

Lemma none_D x i : D a W none x i = Slopes.D a W x i.
Proof. by rewrite /D /Slopes.D /z /Slopes.z none_h addr0. Qed.

Lemma none_J x i : J a W none x i = Slopes.J a W x i.
Proof. by elim: i => //= i ->; rewrite none_D. Qed.

Theorem bias_none x :
  f a W w none 0 x = Slopes.f a W w x /\ grad a W w none x = Slopes.grad a W w x.
Proof. by rewrite /f /grad none_h none_J addr0. Qed.

Lemma rest_none x i : rest a W w none 0 x i = 0.
Proof.
rewrite /rest addr0; apply: big1 => j _; apply: big1 => k _.
by rewrite [X in _ * X]mxE mulr0.
Qed.

(* Homogeneity at every slope needs that there are no biases; with biases     *)
(* they have to be scaled too.                                                *)
Lemma h_scale c x i : 0 <= c -> h a W (fun i => c *: bias i) (c *: x) i = c *: h a W bias x i.
Proof.
by move=> c0; elim: i => //= i ->; rewrite -scalemxAr -scalerDr act_scale.
Qed.

Theorem bias_homogeneity c x : 0 <= c ->
  f a W w (fun i => c *: bias i) (c * out) (c *: x) = c * f a W w bias out x.
Proof. by move=> c0; rewrite /f h_scale // -scalemxAr mxE -mulrDr. Qed.

Theorem bias_pattern_scale c x i : 0 < c ->
  D a W (fun i => c *: bias i) (c *: x) i = D a W bias x i.
Proof.
move=> c0; rewrite /D; congr diag_mx; apply/rowP => k.
have -> : z a W (fun i => c *: bias i) (c *: x) i = c *: z a W bias x i.
  by rewrite /z h_scale ?ltW // -scalemxAr -scalerDr.
have scaled : (c *: z a W bias x i) k 0 = c * z a W bias x i k 0 by rewrite mxE.
by rewrite mxE [in RHS]mxE scaled slope_scale.
Qed.

(* On the ray through x, as long as the pattern of x remains, f is affine: it *)
(* misses homogeneity by what the biases add.                                 *)
Theorem bias_ray c x : (forall i, (i < L)%N -> D a W bias (c *: x) i = D a W bias x i) ->
  f a W w bias out (c *: x) - c * f a W w bias out x =
  (1 - c) * rest a W w bias out x 0.
Proof.
move=> same; have := bias_affine_decomposition a W w bias out x (c *: x).
rewrite big1 => [|j _]; last by rewrite same // subrr mulmx0 mul0mx mxE.
have entry (u : 'rV[R]_(d 0)) : (u *m (c *: x - x)) 0 0 = c * (u *m x) 0 0 - (u *m x) 0 0.
  by rewrite mul_sub -scalemxAr [X in X - _]mxE.
rewrite entry => affine; have := bias_euler a W w bias out x.
rewrite -addrA -rest_bottom => fx; apply/eqP; rewrite -subr_eq0 -[X in _ == X]affine.
by apply/eqP; rewrite fx; ring_R.
Qed.

(* At slope 1 the network is affine.                                          *)
Theorem bias_slope_one x y :
  f 1 W w bias out y = f 1 W w bias out x + (grad 1 W w bias x *m (y - x)) 0 0.
Proof.
by apply/eqP; rewrite -subr_eq0 opprD addrA bias_affine_flips subrr mul0r.
Qed.

End Homogeneity.

(* ---- The same network without biases, on vectors with a last entry beta:   *)
(* every layer passes beta on, and the biases are weights of that entry.      *)
Section Augmented.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out beta : R).
Hypothesis beta_pos : 0 < beta.
Implicit Types (x y : 'cV[R]_(d 0)) (i : nat).
Local Notation f := (f a W w bias out).
Local Notation h := (h a W bias).
Local Notation b := (b a W w bias).
Local Notation D := (D a W bias).
Local Notation grad := (grad a W w bias).
Local Notation rest := (rest a W w bias out).

Definition augment n (v : 'cV[R]_n) : 'cV[R]_(n + 1) := col_mx v beta%:M.

Definition augmented_d i : nat := (d i + 1)%N.

Definition augmented_W i : 'M[R]_(augmented_d i.+1, augmented_d i) :=
  block_mx (W i) (beta^-1 *: bias i) 0 1%:M.

Definition augmented_w : 'rV[R]_(augmented_d L) := row_mx w (out / beta)%:M.

Local Notation aug_h := (Slopes.h a augmented_W).
Local Notation aug_z := (Slopes.z a augmented_W).
Local Notation aug_D := (Slopes.D a augmented_W).
Local Notation aug_b := (Slopes.b a augmented_W augmented_w).

Lemma scale_beta n (v : 'cV[R]_n) : beta^-1 *: v *m (beta%:M : 'M_1) = v.
Proof. by rewrite mul_mx_scalar scalerA mulfV ?gt_eqF // scale1r. Qed.

Theorem bias_augmented_layer m n (M : 'M[R]_(m, n)) (v : 'cV[R]_m) (u : 'cV[R]_n) :
  row_mx M (beta^-1 *: v) *m augment u = M *m u + v.
Proof. by rewrite mul_row_col scale_beta. Qed.

Lemma augmented_layer i (u : 'cV[R]_(d i)) :
  augmented_W i *m augment u = augment (W i *m u + bias i).
Proof. by rewrite /augmented_W mul_block_col scale_beta mul0mx add0r mul1mx. Qed.

Lemma act_augment n (v : 'cV[R]_n) : act a (augment v) = augment (act a v).
Proof.
rewrite /act /augment map_col_mx; congr col_mx; apply/matrixP => i j.
by rewrite !mxE !ord1 /= mulr1n /slope beta_pos mul1r.
Qed.

Lemma augmented_h x i : aug_h (augment x) i = augment (h x i).
Proof. by elim: i => //= i ->; rewrite augmented_layer act_augment. Qed.

Lemma augmented_z x i : aug_z (augment x) i = augment (z a W bias x i).
Proof. by rewrite /Slopes.z augmented_h augmented_layer. Qed.

Theorem bias_augmented x :
  (forall i, aug_h (augment x) i = augment (h x i)) /\
  Slopes.f a augmented_W augmented_w (augment x) = f x.
Proof.
split; first exact: augmented_h.
rewrite /Slopes.f augmented_h /augmented_w /augment mul_row_col mxE; congr (_ + _).
by rewrite -scalar_mxM mxE mulr1n divfK // gt_eqF.
Qed.

(* The pattern has one more entry, 1, and the backward rows one more, which   *)
(* is what the biases above add, in units of beta; i = 0 is the gradient.     *)
Lemma augmented_D x i : aug_D (augment x) i = block_mx (D x i) 0 0 1%:M.
Proof.
rewrite /Slopes.D augmented_z /BiasNetwork.D.
have -> : (\row_k Slopes.slope a (augment (z a W bias x i) k 0)) =
    row_mx (\row_k Slopes.slope a (z a W bias x i k 0)) (const_mx 1).
  apply/rowP => k; rewrite mxE /augment; case: (split_ordP k) => j ->.
    by rewrite row_mxEl col_mxEu mxE.
  by rewrite row_mxEr col_mxEd !mxE !ord1 mulr1n /Slopes.slope beta_pos.
by rewrite diag_mx_row diag_const_mx.
Qed.

Theorem bias_augmented_rows x i : (i <= L)%N ->
  aug_b (augment x) i = row_mx (b x i) (rest x i / beta)%:M.
Proof.
move=> iL; suff down k j : (k + j)%N = L ->
    aug_b (augment x) j = row_mx (b x j) (rest x j / beta)%:M.
  by apply: (down (L - i)%N); rewrite subnK.
elim: k j => [|k IH] j kj.
  by rewrite add0n in kj; rewrite kj Slopes.b_top b_top rest_top.
have jL : (j < L)%N by rewrite -kj ltnS leq_addl.
rewrite Slopes.b_step // (IH j.+1) ?addnS // augmented_D /augmented_W.
rewrite !mul_row_block !mulmx0 !addr0 add0r !mulmx1 -b_step //; congr row_mx.
rewrite -scalemxAr (rest_step a W w bias out x jL) -l_apply.
apply/matrixP => r s; rewrite !ord1 !mxE /= !mulr1n mulrDl; congr (_ + _).
by rewrite mulrC.
Qed.

Theorem bias_augmented_gradient x :
  Slopes.grad a augmented_W augmented_w (augment x) = row_mx (grad x) (rest x 0 / beta)%:M.
Proof.
by rewrite slope_backward_gradient bias_augmented_rows // bias_backward_gradient.
Qed.

End Augmented.
