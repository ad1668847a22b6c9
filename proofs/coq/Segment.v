(******************************************************************************)
(* A ReLU network is affine on finitely many pieces of every segment.         *)
(* segment_pieces: [0, 1] is cut at finitely many points s into pieces on     *)
(* which f (x + s u) is affine, with the slope <grad f, u> taken anywhere     *)
(* inside the piece.  Hence the integral of the gradient along the segment,   *)
(* used in proofs/linearity.md#affine (segment form), is a finite sum         *)
(* (segment_sum), with a mean value inequality (segment_mean).                *)
(*                                                                            *)
(* The cuts: there are finitely many activation patterns, hence finitely many *)
(* candidate Jacobians M of each layer, and each neuron would have the affine *)
(* pre-activation W M (x + s u) under each of them.  The zeros of all these   *)
(* affine functions are cuts enough, since between them no sign changes.      *)
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

(* Consecutive pairs of the sequence 0, s, 1.                                 *)
Definition pieces (R : ringType) (s : seq R) : seq (R * R) :=
  zip (0 :: s) (rcons s 1).

Section Scalar.
Variable R : realFieldType.
Implicit Types (a b c m p q t : R) (s cuts : seq R).

Definition clear p q cuts := forall c, c \in cuts -> ~~ (p < c < q).

(* Signs of the affine function t |-> a + t c, by the side of its zero.       *)
Lemma affine_gt0 a c t : 0 < c -> (0 < a + t * c) = (- a / c < t).
Proof. by move=> c0; rewrite ltr_pdivr_mulr // -(subr_gt0 (- a)) opprK addrC. Qed.

Lemma affine_lt0 a c t : 0 < c -> (a + t * c < 0) = (t < - a / c).
Proof. by move=> c0; rewrite ltr_pdivl_mulr // -(subr_lt0 (- a)) opprK addrC. Qed.

Lemma affine_gt0_neg a c t : c < 0 -> (0 < a + t * c) = (t < - a / c).
Proof. by move=> c0; rewrite ltr_ndivl_mulr // -(subr_gt0 (- a)) opprK addrC. Qed.

Lemma affine_lt0_neg a c t : c < 0 -> (a + t * c < 0) = (- a / c < t).
Proof. by move=> c0; rewrite ltr_ndivr_mulr // -(subr_lt0 (- a)) opprK addrC. Qed.

(* If the zero of a + t c, if any, is not in ]p, q[, the sign at one point m  *)
(* of ]p, q[ is the sign on ]p, q[, and the weak sign on [p, q].              *)
Section NoZero.
Variables (p q m a c : R).
Hypothesis m_in : p < m < q.
Hypothesis no_zero : ~~ (p < - a / c < q).

Lemma zero_outside : - a / c <= p \/ q <= - a / c.
Proof. by apply/orP; move: no_zero; rewrite negb_and -!leNgt. Qed.

Lemma affine_pattern t : p < t < q -> (0 < a + t * c) = (0 < a + m * c).
Proof.
have [pm mq] := andP m_in; case/andP => pt tq.
have [c0|c0|->] := ltgtP c 0; last by rewrite !mulr0.
- rewrite !affine_gt0_neg //; case: zero_outside => r.
    by rewrite !ltNge (le_trans r (ltW pt)) (le_trans r (ltW pm)).
  by rewrite (lt_le_trans tq r) (lt_le_trans mq r).
rewrite !affine_gt0 //; case: zero_outside => r.
  by rewrite (le_lt_trans r pt) (le_lt_trans r pm).
by rewrite !ltNge (le_trans (ltW tq) r) (le_trans (ltW mq) r).
Qed.

Lemma affine_weak_sign t : p <= t <= q ->
  if 0 < a + m * c then 0 <= a + t * c else a + t * c <= 0.
Proof.
have [pm mq] := andP m_in; case/andP => pt tq.
have [c0|c0|->] := ltgtP c 0; last by rewrite !mulr0; case: ltP => // /ltW.
- rewrite affine_gt0_neg // (leNgt 0) (leNgt _ 0) affine_lt0_neg // affine_gt0_neg //.
  case: zero_outside => r; first by rewrite ltNge (le_trans r (ltW pm)) /= -leNgt (le_trans r).
  by rewrite (lt_le_trans mq r) -leNgt (le_trans tq).
rewrite affine_gt0 // (leNgt 0) (leNgt _ 0) affine_lt0 // affine_gt0 //.
case: zero_outside => r; first by rewrite (le_lt_trans r pm) -leNgt (le_trans r).
by rewrite ltNge (le_trans (ltW mq) r) /= -leNgt (le_trans tq).
Qed.

(* So on [p, q] relu is multiplication by the activity at m.                  *)
Lemma affine_relu t : p <= t <= q ->
  Num.max 0 (a + t * c) = (0 < a + m * c)%R%:R * (a + t * c).
Proof.
move=> /affine_weak_sign; case: ifP => _; rewrite ?mul1r ?mul0r.
  exact: max_r.
exact: max_l.
Qed.

End NoZero.

(* Any finite set of cuts can be sorted into a partition of [0, 1] whose      *)
(* pieces contain none of them.                                               *)
Lemma pieces_clear s a b p q : path <%R a (rcons s b) ->
  (p, q) \in zip (a :: s) (rcons s b) -> [/\ a <= p, p < q, q <= b & clear p q s].
Proof.
elim: s a => [|e s IH] a /=.
  by rewrite andbT inE => ab /eqP[-> ->].
case/andP=> ae es; rewrite inE => /orP[/eqP[-> ->]|pq].
  have below := lt_path_min es; rewrite all_rcons in below.
  case/andP: below => eb /allP below; split=> // [|c]; first exact: ltW.
  rewrite inE negb_and -!leNgt => /orP[/eqP-> | /below /ltW ->]; last by rewrite orbT.
  by rewrite lexx orbT.
have [ep pq' qb pqs] := IH e es pq; split=> // [|c]; first exact: le_trans (ltW ae) ep.
by rewrite inE => /orP[/eqP->|/pqs //]; rewrite negb_and -leNgt ep.
Qed.

Lemma partition cuts : exists s, path <%R 0 (rcons s 1) /\
  forall p q, (p, q) \in pieces s -> [/\ 0 <= p, p < q, q <= 1 & clear p q cuts].
Proof.
pose s := sort <=%R (undup [seq c <- cuts | 0 < c < 1]).
have sE c : (c \in s) = (0 < c < 1) && (c \in cuts).
  by rewrite mem_sort mem_undup mem_filter.
have s_path : path <%R 0 (rcons s 1).
  rewrite rcons_path lt_path_sortedE sort_lt_sorted undup_uniq andbT.
  apply/andP; split; first by apply/allP => c; rewrite sE => /andP[/andP[]].
  by have := mem_last 0 s; rewrite inE sE => /orP[/eqP->|/andP[/andP[]]//].
exists s; split=> // p q /(pieces_clear s_path)[p0 pq q1 pqs]; split=> // c c_cut.
have [cs|] := boolP (c \in s); first exact: pqs.
rewrite sE c_cut andbT; apply: contra => /andP[pc cq].
by rewrite (le_lt_trans p0 pc) (lt_le_trans cq q1).
Qed.

(* A sum over the pieces of the increments of g telescopes.                   *)
Lemma pieces_telescope (g : R -> R) s a b :
  \sum_(pq <- zip (a :: s) (rcons s b)) (g pq.2 - g pq.1) = g b - g a.
Proof.
elim: s a => [|e s IH] a /=; first by rewrite big_seq1.
by rewrite big_cons IH /= addrC addrA subrK.
Qed.

(* A weighted sum is at most the total weight times some value.               *)
Lemma weighted_mean (T : eqType) (r : seq T) (wt v : T -> R) :
  (0 < size r)%N -> (forall i, i \in r -> 0 <= wt i) ->
  exists2 i, i \in r & \sum_(j <- r) wt j * v j <= (\sum_(j <- r) wt j) * v i.
Proof.
case: r => // i0 r _ pos; suff [i ir vi] : exists2 i, i \in i0 :: r &
    forall j, j \in i0 :: r -> v j <= v i.
  exists i => //; rewrite mulr_suml big_seq [X in _ <= X]big_seq.
  by apply: ler_sum => j jr; apply: ler_wpmul2l; [apply: pos | apply: vi].
elim: r i0 {pos} => [|i1 r IH] i0.
  by exists i0 => [|j]; rewrite !inE // => /eqP->.
have [i ir vi] := IH i1; have [i0i|ii0] := leP (v i0) (v i).
  exists i => [|j]; first by rewrite inE ir orbT.
  by rewrite inE => /orP[/eqP->|/vi].
exists i0 => [|j]; first exact: mem_head.
by rewrite inE => /orP[/eqP->|/vi vj] //; apply: le_trans vj (ltW ii0).
Qed.

End Scalar.

Section Segment.
Variables (R : realFieldType) (d : nat -> nat) (L : nat).
Variables (W : forall i, 'M[R]_(d i.+1, d i)) (w : 'rV[R]_(d L)).
Variables (x u : 'cV[R]_(d 0)).
Local Notation h := (h W).
Local Notation z := (z W).
Local Notation D := (D W).
Local Notation J := (J W).
Local Notation f := (f W w).
Local Notation grad := (grad W w).
Local Notation pt t := (x + t *: u).

Definition pattern n (a : {ffun 'I_n -> bool}) : 'M[R]_n := diag_mx (\row_k (a k)%:R).

(* All Jacobians of layer i that some sequence of patterns would give.        *)
Fixpoint candidates i : seq 'M[R]_(d i, d 0) :=
  match i return seq 'M[R]_(d i, d 0) with
  | 0 => [:: 1%:M]
  | i'.+1 => [seq pattern a *m W i' *m M
               | M <- candidates i', a <- enum {ffun 'I_(d i'.+1) -> bool}]
  end.

Lemma J_candidate y i : J y i \in candidates i.
Proof.
elim: i => [|i IH]; first by rewrite mem_seq1.
apply/allpairsP; exists (J y i, [ffun k => 0 < z y i k 0]); split=> //=.
  by rewrite mem_enum.
suff -> : D y i = pattern [ffun k => 0 < z y i k 0] by [].
by congr diag_mx; apply/rowP => k; rewrite [LHS]mxE [RHS]mxE ffunE.
Qed.

(* Zeros along the segment of neuron k of layer i + 1 under the candidates.   *)
Definition layer_cuts i : seq R :=
  [seq - (W i *m M *m x) k 0 / (W i *m M *m u) k 0
    | M <- candidates i, k <- enum 'I_(d i.+1)].

Definition cuts : seq R := flatten [seq layer_cuts i | i <- iota 0 L].

Lemma cut_in y i k : (i < L)%N ->
  - (W i *m J y i *m x) k 0 / (W i *m J y i *m u) k 0 \in cuts.
Proof.
move=> iL; apply/flattenP; exists (layer_cuts i).
  by apply/mapP; exists i; rewrite // mem_iota.
by apply/allpairsP; exists (J y i, k); rewrite /= J_candidate mem_enum.
Qed.

(* One piece of the segment. *)
Section Piece.
Variables p q m : R.
Hypothesis m_in : p < m < q.
Hypothesis pq_clear : clear p q cuts.

(* If the Jacobian at m serves layer i, the pre-activations are affine.       *)
Lemma z_affine i t k : h (pt t) i = J (pt m) i *m pt t ->
  z (pt t) i k 0 = (W i *m J (pt m) i *m x) k 0 + t * (W i *m J (pt m) i *m u) k 0.
Proof.
have entry (v v' : 'cV[R]_(d i.+1)) : (v + t *: v') k 0 = v k 0 + t * v' k 0.
  by rewrite !mxE.
by move=> ht; rewrite /Network.z ht mulmxA mulmxDr -scalemxAr entry.
Qed.

(* The Jacobian at m serves every layer, on the closed piece.                 *)
Lemma h_piece i t : (i <= L)%N -> p <= t <= q -> h (pt t) i = J (pt m) i *m pt t.
Proof.
have [pm mq] := andP m_in; have mm : p <= m <= q by rewrite !ltW.
elim: i t => [|i IH] t iL tt; first by rewrite /= mul1mx.
have [ht hm] := (IH t (ltnW iL) tt, IH m (ltnW iL) mm).
rewrite h_relu J_step -!mulmxA -ht -/(z (pt t) i); apply/colP => k.
have no_zero := pq_clear (cut_in (pt m) k iL).
rewrite mul_D_entry [relu _ _ _]mxE (z_affine k ht) (z_affine k hm).
exact: (affine_relu m_in no_zero tt).
Qed.

Lemma D_piece i t : (i < L)%N -> p < t < q -> D (pt t) i = D (pt m) i.
Proof.
have [pm mq] := andP m_in; have mm : p <= m <= q by rewrite !ltW.
move=> iL tt; have [pt' tq] := andP tt; have tc : p <= t <= q by rewrite !ltW.
have [ht hm] := (h_piece (ltnW iL) tc, h_piece (ltnW iL) mm).
rewrite /Network.D; congr diag_mx; apply/rowP => k; rewrite [LHS]mxE [RHS]mxE.
rewrite (z_affine k ht) (z_affine k hm).
by rewrite (affine_pattern m_in (pq_clear (cut_in (pt m) k iL)) tt).
Qed.

Lemma f_piece s t : p <= s <= q -> p <= t <= q ->
  f (pt t) - f (pt s) = (t - s) * (grad (pt m) *m u) 0 0.
Proof.
move=> ss tt; rewrite /Network.f !h_piece // !mulmxA -/(grad (pt m)).
rewrite !mulmxDr -!scalemxAr.
have entry (c : R) (M N : 'M[R]_1) : (M + c *: N) 0 0 = M 0 0 + c * N 0 0 by rewrite !mxE.
by rewrite !entry opprD addrACA subrr add0r mulrBl.
Qed.

End Piece.

(* All the conclusions, for one partition.                                    *)
Theorem segment_affine : exists s : seq R, path <%R 0 (rcons s 1) /\
  forall p q, (p, q) \in pieces s -> [/\ 0 <= p, p < q, q <= 1 & forall m, p < m < q ->
    [/\ forall i t, (i < L)%N -> p < t < q -> D (pt t) i = D (pt m) i,
        forall i t, (i <= L)%N -> p <= t <= q -> h (pt t) i = J (pt m) i *m pt t
      & forall t t', p <= t <= q -> p <= t' <= q ->
          f (pt t') - f (pt t) = (t' - t) * (grad (pt m) *m u) 0 0]].
Proof.
have [s [s_path s_clear]] := partition cuts; exists s; split=> // p q.
move=> /s_clear[p0 pq q1 pq_clear]; split=> // m m_in; split=> [i t|i t|t t'].
- exact: D_piece.
- exact: h_piece.
- exact: f_piece.
Qed.

Theorem segment_pieces : exists s : seq R, path <%R 0 (rcons s 1) /\
  forall p q, (p, q) \in pieces s -> forall m, p < m < q ->
    f (x + q *: u) - f (x + p *: u) = (q - p) * (grad (x + m *: u) *m u) 0 0.
Proof.
have [s [s_path s_pieces]] := segment_affine; exists s; split=> // p q.
move=> /s_pieces[_ pq _ on_piece] m /on_piece[_ _ ->] //; apply/andP; split=> //; exact: ltW.
Qed.

(* The whole increment, with midpoints chosen in the pieces.                  *)
Theorem segment_sum : exists2 s : seq R, path <%R 0 (rcons s 1)
  & f (x + u) - f x =
    \sum_(pq <- pieces s) (pq.2 - pq.1) * (grad (x + ((pq.1 + pq.2) / 2%:R) *: u) *m u) 0 0.
Proof.
have [s [s_path s_pieces]] := segment_affine; exists s => //.
have -> : f (x + u) - f x = f (pt 1) - f (pt 0) by rewrite scale1r scale0r addr0.
rewrite -(pieces_telescope (fun t => f (pt t)) s) big_seq [RHS]big_seq.
apply: eq_bigr => -[p q] /s_pieces[_ pq _ on_piece] /=.
have mid : p < (p + q) / 2%:R < q by rewrite !midf_lt.
by have [_ _ ->] := on_piece _ mid; rewrite // lexx ltW.
Qed.

(* The increment lies between two values of the slope <grad f, u> inside.     *)
Theorem segment_mean : exists m m' : R,
  [/\ 0 < m < 1, 0 < m' < 1,
      (grad (x + m *: u) *m u) 0 0 <= f (x + u) - f x
    & f (x + u) - f x <= (grad (x + m' *: u) *m u) 0 0].
Proof.
have [s s_path ->] := segment_sum.
pose mid (pq : R * R) := (pq.1 + pq.2) / 2%:R.
pose slope pq := (grad (x + mid pq *: u) *m u) 0 0.
have inside pq : pq \in pieces s -> 0 < mid pq < 1.
  case: pq => p q /(pieces_clear s_path)[p0 pq q1 _]; have [pm mq] := midf_lt pq.
  by rewrite /mid (le_lt_trans p0 pm) (lt_le_trans mq q1).
have pos pq : pq \in pieces s -> 0 <= pq.2 - pq.1.
  by case: pq => p q /(pieces_clear s_path)[_ /ltW pq _ _]; rewrite subr_ge0.
have total : \sum_(pq <- pieces s) (pq.2 - pq.1) = 1.
  by rewrite (pieces_telescope id) subr0.
have nonempty : (0 < size (pieces s))%N by rewrite size_zip size_rcons minnn.
have [hi hi_in] := weighted_mean slope nonempty pos.
have [lo lo_in] := weighted_mean (fun pq => - slope pq) nonempty pos.
under eq_bigr do rewrite mulrN.
rewrite sumrN total !mul1r ler_opp2 => low high.
by exists (mid lo), (mid hi); split; rewrite ?inside.
Qed.

End Segment.
