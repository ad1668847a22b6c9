(******************************************************************************)
(* Segment.v and Step.v for networks with biases, at any slope a              *)
(* (BiasNetwork.v): f is affine on finitely many pieces of every segment,     *)
(* with the slope <grad f, u> taken anywhere inside the piece.  Hence the     *)
(* segment form of proofs/linearity.md#affine, and proofs/flip.md#step.       *)
(* As in Segment.v, but on a piece the hidden vectors are M (x + t u) + o     *)
(* with an offset o, and the candidates are pairs M, o for all patterns with  *)
(* entries 1 and a.                                                           *)
(******************************************************************************)
(* Loading mathcomp warns about its own notations and coercions.              *)
Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Network Slopes Segment Flip Neuron BiasNetwork.
Require Import Ring Field.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(* On [p, q] the activation is multiplication by its slope at m.              *)
Lemma affine_act (R : realFieldType) (a p q m r c t : R) :
  p < m < q -> ~~ (p < - r / c < q) -> p <= t <= q ->
  slope a (r + t * c) * (r + t * c) = slope a (r + m * c) * (r + t * c).
Proof.
move=> m_in no_zero t_in; rewrite slope_split (affine_relu m_in no_zero t_in) mulrA -mulrDl.
by congr (_ * _); rewrite /slope; case: (0 < _); rewrite /= ?mulr1 ?mulr0 ?addr0 // addrC subrK.
Qed.

Section Segment.
Variables (R : realFieldType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Variables x u : 'cV[R]_(d 0).
Implicit Types (y : 'cV[R]_(d 0)) (p q m s t : R) (i : nat).
Add Field segment_field : (@t_field R).
Ltac ring_R := apply: (@addrI _ 0); simpl; fold_operations R; ring.
Local Notation h := (h a W bias).
Local Notation z := (z a W bias).
Local Notation f := (f a W w bias out).
Local Notation D := (D a W bias).
Local Notation J := (J a W bias).
Local Notation grad := (grad a W w bias).
Local Notation pt t := (x + t *: u).

(* What the biases add to the hidden vectors, as long as the pattern is y's.  *)
Fixpoint offset y i : 'cV[R]_(d i) :=
  match i return 'cV[R]_(d i) with
  | 0 => 0
  | i'.+1 => D y i' *m (W i' *m offset y i' + bias i')
  end.

Theorem bias_jacobian y i : h y i = J y i *m y + offset y i.
Proof.
elim: i => [|i IH]; first by rewrite mul1mx addr0.
by rewrite h_step /BiasNetwork.z IH /= [W i *m (_ + _)]mulmxDr -addrA mulmxDr !mulmxA.
Qed.

Definition pattern n (k : {ffun 'I_n -> bool}) : 'M[R]_n :=
  diag_mx (\row_j if k j then 1 else a).

(* All Jacobians and offsets of layer i that some patterns would give.        *)
Fixpoint candidates i : seq ('M[R]_(d i, d 0) * 'cV[R]_(d i)) :=
  match i return seq ('M[R]_(d i, d 0) * 'cV[R]_(d i)) with
  | 0 => [:: (1%:M, 0)]
  | i'.+1 => [seq (pattern k *m W i' *m M.1, pattern k *m (W i' *m M.2 + bias i'))
               | M <- candidates i', k <- enum {ffun 'I_(d i'.+1) -> bool}]
  end.

Lemma candidate y i : (J y i, offset y i) \in candidates i.
Proof.
elim: i => [|i IH]; first by rewrite mem_seq1.
apply/allpairsP; exists ((J y i, offset y i), [ffun k => 0 < z y i k 0]); split=> //=.
  by rewrite mem_enum.
suff -> : D y i = pattern [ffun k => 0 < z y i k 0] by [].
by congr diag_mx; apply/rowP => k; rewrite [LHS]mxE [RHS]mxE ffunE.
Qed.

(* On a piece with Jacobian M and offset o neuron k of layer i + 1 has the    *)
(* pre-activation base + t rate.                                              *)
Definition base i (M : 'M[R]_(d i, d 0)) (o : 'cV[R]_(d i)) k : R :=
  (W i *m (M *m x + o) + bias i) k 0.

Definition rate i (M : 'M[R]_(d i, d 0)) k : R := (W i *m M *m u) k 0.

Definition layer_cuts i : seq R :=
  [seq - base M.1 M.2 k / rate M.1 k | M <- candidates i, k <- enum 'I_(d i.+1)].

Definition cuts : seq R := flatten [seq layer_cuts i | i <- iota 0 L].

Lemma cut_in y i k : (i < L)%N ->
  - base (J y i) (offset y i) k / rate (J y i) k \in cuts.
Proof.
move=> iL; apply/flattenP; exists (layer_cuts i).
  by apply/mapP; exists i; rewrite // mem_iota.
by apply/allpairsP; exists ((J y i, offset y i), k); rewrite /= candidate mem_enum.
Qed.

(* One piece of the segment.                                                  *)
Section Piece.
Variables p q m : R.
Hypothesis m_in : p < m < q.
Hypothesis pq_clear : clear p q cuts.

Lemma z_affine i t k : h (pt t) i = J (pt m) i *m pt t + offset (pt m) i ->
  z (pt t) i k 0 = base (J (pt m) i) (offset (pt m) i) k + t * rate (J (pt m) i) k.
Proof.
have entry (v v' : 'cV[R]_(d i.+1)) : (v + t *: v') k 0 = v k 0 + t * v' k 0.
  by rewrite !mxE.
move=> ht; rewrite /BiasNetwork.z ht /base /rate -entry -mulmxA; congr ((_ : 'cV_ _) k 0).
by rewrite !mulmxDr -!scalemxAr -!addrA; congr (_ + _); rewrite addrC -!addrA.
Qed.

(* The Jacobian and the offset at m serve every layer, on the closed piece.   *)
Lemma h_piece i t : (i <= L)%N -> p <= t <= q ->
  h (pt t) i = J (pt m) i *m pt t + offset (pt m) i.
Proof.
have [pm mq] := andP m_in; have mm : p <= m <= q by rewrite !ltW.
elim: i t => [|i IH] t iL tt; first by rewrite /= mul1mx addr0.
have [ht hm] := (IH t (ltnW iL) tt, IH m (ltnW iL) mm).
have -> : J (pt m) i.+1 *m pt t + offset (pt m) i.+1 = D (pt m) i *m z (pt t) i.
  rewrite /BiasNetwork.z /=; move: (h (pt t) i) (pt t) ht => v y ->.
  by rewrite !mulmxDr !mulmxA addrA.
apply/colP => k; rewrite h_entry mul_D_entry (z_affine k ht) (z_affine k hm).
exact: affine_act m_in (pq_clear (cut_in (pt m) k iL)) tt.
Qed.

Lemma D_piece i t : (i < L)%N -> p < t < q -> D (pt t) i = D (pt m) i.
Proof.
have [pm mq] := andP m_in; have mm : p <= m <= q by rewrite !ltW.
move=> iL tt; have [pt' tq] := andP tt; have tc : p <= t <= q by rewrite !ltW.
have [ht hm] := (h_piece (ltnW iL) tc, h_piece (ltnW iL) mm).
rewrite /BiasNetwork.D; congr diag_mx; apply/rowP => k; rewrite [LHS]mxE [RHS]mxE.
rewrite (z_affine k ht) (z_affine k hm) /slope.
by rewrite (affine_pattern m_in (pq_clear (cut_in (pt m) k iL)) tt).
Qed.

Lemma f_piece s t : p <= s <= q -> p <= t <= q ->
  f (pt t) - f (pt s) = (t - s) * (grad (pt m) *m u) 0 0.
Proof.
move=> ss tt; have entry (c : R) (M N K : 'M[R]_1) :
    (M + c *: N + K) 0 0 = M 0 0 + c * N 0 0 + K 0 0 by rewrite !mxE.
have fE r : p <= r <= q -> f (pt r) =
    (grad (pt m) *m x) 0 0 + r * (grad (pt m) *m u) 0 0 + (w *m offset (pt m) L) 0 0 + out.
  move=> rr; rewrite /BiasNetwork.f h_piece // mulmxDr !mulmxA -/(grad (pt m)) mulmxDr.
  by rewrite -scalemxAr entry.
by rewrite !fE //; ring_R.
Qed.

End Piece.

(* All the conclusions, for one partition.                                    *)
Theorem bias_segment_affine : exists s : seq R, path <%R 0 (rcons s 1) /\
  forall p q, (p, q) \in pieces s -> [/\ 0 <= p, p < q, q <= 1 & forall m, p < m < q ->
    [/\ forall i t, (i < L)%N -> p < t < q -> D (pt t) i = D (pt m) i,
        forall i t, (i <= L)%N -> p <= t <= q ->
          h (pt t) i = J (pt m) i *m pt t + offset (pt m) i
      & forall t t', p <= t <= q -> p <= t' <= q ->
          f (pt t') - f (pt t) = (t' - t) * (grad (pt m) *m u) 0 0]].
Proof.
have [s [s_path s_clear]] := partition cuts; exists s; split=> // p q.
move=> /s_clear[p0 pq q1 pq_clear]; split=> // m m_in; split=> [i t|i t|t t'].
- exact: D_piece.
- exact: h_piece.
- exact: f_piece.
Qed.

Theorem bias_segment_pieces : exists s : seq R, path <%R 0 (rcons s 1) /\
  forall p q, (p, q) \in pieces s -> forall m, p < m < q ->
    f (x + q *: u) - f (x + p *: u) = (q - p) * (grad (x + m *: u) *m u) 0 0.
Proof.
have [s [s_path s_pieces]] := bias_segment_affine; exists s; split=> // p q.
move=> /s_pieces[_ pq _ on_piece] m /on_piece[_ _ ->] //; apply/andP; split=> //; exact: ltW.
Qed.

(* The whole increment, with midpoints chosen in the pieces.                  *)
Theorem bias_segment_sum : exists2 s : seq R, path <%R 0 (rcons s 1)
  & f (x + u) - f x =
    \sum_(pq <- pieces s) (pq.2 - pq.1) * (grad (x + ((pq.1 + pq.2) / 2%:R) *: u) *m u) 0 0.
Proof.
have [s [s_path s_pieces]] := bias_segment_affine; exists s => //.
have -> : f (x + u) - f x = f (pt 1) - f (pt 0) by rewrite scale1r scale0r addr0.
rewrite -(pieces_telescope (fun t => f (pt t)) s) big_seq [RHS]big_seq.
apply: eq_bigr => -[p q] /s_pieces[_ pq _ on_piece] /=.
have mid : p < (p + q) / 2%:R < q by rewrite !midf_lt.
by have [_ _ ->] := on_piece _ mid; rewrite // lexx ltW.
Qed.

(* The increment lies between two values of the slope <grad f, u> inside.     *)
Theorem bias_segment_mean : exists m m' : R,
  [/\ 0 < m < 1, 0 < m' < 1,
      (grad (x + m *: u) *m u) 0 0 <= f (x + u) - f x
    & f (x + u) - f x <= (grad (x + m' *: u) *m u) 0 0].
Proof.
have [s s_path ->] := bias_segment_sum.
pose mid (pq : R * R) := (pq.1 + pq.2) / 2%:R.
pose rise pq := (grad (x + mid pq *: u) *m u) 0 0.
have inside pq : pq \in pieces s -> 0 < mid pq < 1.
  case: pq => p q /(pieces_clear s_path)[p0 pq q1 _]; have [pm mq] := midf_lt pq.
  by rewrite /mid (le_lt_trans p0 pm) (lt_le_trans mq q1).
have pos pq : pq \in pieces s -> 0 <= pq.2 - pq.1.
  by case: pq => p q /(pieces_clear s_path)[_ /ltW pq _ _]; rewrite subr_ge0.
have total : \sum_(pq <- pieces s) (pq.2 - pq.1) = 1.
  by rewrite (pieces_telescope id) subr0.
have nonempty : (0 < size (pieces s))%N by rewrite size_zip size_rcons minnn.
have [hi hi_in] := weighted_mean rise nonempty pos.
have [lo lo_in] := weighted_mean (fun pq => - rise pq) nonempty pos.
under eq_bigr do rewrite mulrN.
rewrite sumrN total !mul1r ler_opp2 => low high.
by exists (mid lo), (mid hi); split; rewrite ?inside.
Qed.

End Segment.

(* ---- Norms: what a bound of the gradient, or of its change, along the      *)
(* segment says of f, and the step.                                           *)
Section Step.
Variables (R : rcfType) (a : R) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (bias : forall i, 'cV[R]_(d i.+1)) (out : R).
Implicit Types (x u : 'cV[R]_(d 0)) (t eps G : R).
Local Notation f := (f a W w bias out).
Local Notation grad := (grad a W w bias).

(* The largest gradient inside the segment bounds the change of f.            *)
Theorem bias_segment_lipschitz x u G :
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u)) <= G) ->
  `|f (x + u) - f x| <= G * norm u.
Proof.
move=> near; have [m [m' [m_in m'_in low high]]] := bias_segment_mean a W w bias out x u.
have one s : 0 < s < 1 -> `|(grad (x + s *: u) *m u) 0 0| <= G * norm u.
  by move=> /near sG; apply: le_trans (pair_le _ _) _; rewrite ler_wpmul2r ?norm_ge0.
rewrite ler_norml; have := one m m_in; have := one m' m'_in.
rewrite !ler_norml => /andP[_ hi] /andP[lo _].
by rewrite (le_trans lo low) (le_trans high hi).
Qed.

Lemma bias_pieces x u eps :
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - grad x) <= eps * norm (grad x)) ->
  piecewise_linear f x u (grad x) eps.
Proof.
by move=> near; apply: piecewise_linear_gradient near; apply: bias_segment_pieces.
Qed.

(* The segment form of linearity.affine.                                      *)
Theorem bias_affine x u eps :
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - grad x) <= eps * norm (grad x)) ->
  `|f (x + u) - f x - pair (grad x) u| <= eps * norm (grad x) * norm u.
Proof. by move=> near; apply/affine_error/bias_pieces. Qed.

(* Without biases grad x != 0 follows from f x != 0, with biases it does not. *)
Theorem bias_step_flips x t eps : let u := step (grad x) t (f x) in
  grad x != 0 -> f x != 0 -> 1 < t -> eps < 1 - t^-1 ->
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - grad x) <= eps * norm (grad x)) ->
  f (x + u) * f x < 0 /\ norm u = t * `|f x| / norm (grad x).
Proof.
move=> u gx fx t1 small near; split.
  exact: (step_flips gx fx t1 small (bias_pieces near)).
by apply: step_length; rewrite (le_trans ler01) // ltW.
Qed.

End Step.
