(** * Depth collapse in random ReLU networks: the recurrence of angles and its envelope

    In the limit of large widths one random ReLU layer maps the cosine [c] of the angle between
    two inputs to [g c], and [s = 1 - c] to [phi s].  This file proves, over the reals, the
    deterministic facts on which the bounds rest:

    - [g] is nondecreasing, convex and 1-Lipschitz on [[-1, 1]], maps it to [[0, 1]] and lies
      above the diagonal; its slope is [1 - acos c / PI];
    - [phi] inherits this on [[0, 2]], and [phi s <= s * (1 - 2 * a * sqrt s)];
    - hence [s i <= / (/ sqrt (s 0) + a * i)^2] at every depth [i], [s i] following the
      recurrence [s (i + 1) = phi (s i)]: all angles fall to 0;
    - following the recurrence by the ends of an enclosure, or by a midpoint with an error
      bound (what the program does), is sound.

    The prose proofs are in proofs/collapse.md, sections collapse.recurrence and
    collapse.envelope.  Not proved here: that a layer acts by [g], which is a statement about
    Gaussian vectors, and the other side of the envelope.

    The proofs differ from the prose.  [acos] has no derivative at the ends of [[-1, 1]], so it
    is differentiated in [g_slope] only.  All else about [g] comes from [g_tangent], that [g] lies
    above its tangents, which is the concavity of [sin].  [phi_upper], an inequality in the angle,
    where all functions are smooth, takes the place of the power series. *)

From Coq Require Import Reals Ratan Lra.
From Coquelicot Require Import Coquelicot.
Local Open Scope R_scope.

(** ** Definitions *)

(** Cosine of the angle after one infinitely wide layer, [c] being the cosine before it. *)
Definition g (c : R) : R := (sqrt (1 - c ^ 2) + (PI - acos c) * c) / PI.

(** The same for [s = 1 - cos theta], which keeps its digits when the angle is small. *)
Definition phi (s : R) : R := 1 - g (1 - s).

(** What a layer adds at least to [/ sqrt s].  As [s] is about [theta^2 / 2], the angle at a large
    depth [i] is at most about [sqrt 2 / (a * i) = 3 * PI / i]. *)
Definition a : R := sqrt 2 / (3 * PI).

Lemma a_positive : 0 < a.
Proof.
  unfold a. pose proof PI_RGT_0.
  apply Rdiv_lt_0_compat; [apply sqrt_lt_R0 |]; lra.
Qed.

(** ** Facts on sines *)

(** [sin] lies below its tangents on [[0, PI]], because [cos] decreases there. *)
Lemma sin_below_tangent : forall t u, 0 <= t <= PI -> 0 <= u <= PI ->
  sin t <= sin u + cos u * (t - u).
Proof.
  intros t u Ht Hu.
  destruct (Rtotal_order u t) as [Hlt | [-> | Hgt]].
  - destruct (MVT_cor2 sin cos u t Hlt (fun x _ => derivable_pt_lim_sin x)) as [x [Hx Hin]].
    assert (Hcos : cos x <= cos u) by (apply cos_decr_1; lra).
    apply (Rmult_le_compat_r (t - u)) in Hcos; lra.
  - lra.
  - destruct (MVT_cor2 sin cos t u Hgt (fun x _ => derivable_pt_lim_sin x)) as [x [Hx Hin]].
    assert (Hcos : cos u <= cos x) by (apply cos_decr_1; lra).
    apply (Rmult_le_compat_r (u - t)) in Hcos; lra.
Qed.

(** [1 - cos t = 2 * sin (t / 2) ^ 2]. *)
Lemma cos_by_half : forall t, cos t = 1 - 2 * sin (t / 2) ^ 2.
Proof.
  intros t. replace t with (2 * (t / 2)) at 1 by field.
  rewrite cos_2a_sin. ring.
Qed.

(** [sin x <= x] for [0 <= x] (the library has the strict one, for [0 < x]). *)
Lemma sin_le_id : forall x, 0 <= x -> sin x <= x.
Proof.
  intros x Hx. destruct (Rle_lt_or_eq_dec 0 x Hx) as [Hlt | <-].
  - apply Rlt_le, sin_lt_x, Hlt.
  - rewrite sin_0. lra.
Qed.

(** The inequality behind [phi_upper].  Both sides vanish at 0, and the derivative of their
    difference is [sin t * (t - 2 * sin (t / 2)) >= 0]. *)
Lemma sin_half_cubed : forall t, 0 <= t <= PI ->
  8 / 3 * sin (t / 2) ^ 3 <= sin t - t * cos t.
Proof.
  intros t Ht.
  set (K := fun x => sin x - x * cos x - 8 / 3 * sin (x / 2) ^ 3).
  assert (HK : forall x, derivable_pt_lim K x (sin x * (x - 2 * sin (x / 2)))).
  { intros x. apply is_derive_Reals. unfold K. auto_derive; [exact I |].
    replace (sin x) with (2 * sin (x / 2) * cos (x / 2)).
    - unfold Rdiv. field.
    - rewrite <- sin_2a. f_equal. field. }
  assert (HK0 : K 0 = 0).
  { unfold K. replace (0 / 2) with 0 by field. rewrite sin_0. ring. }
  cut (0 <= K t); [unfold K; lra |].
  destruct (Rle_lt_or_eq_dec 0 t) as [Hlt | <-]; [lra | | lra].
  destruct (MVT_cor2 K _ 0 t Hlt (fun x _ => HK x)) as [x [Hx Hin]].
  assert (Hsin : 0 <= sin x) by (apply sin_ge_0; lra).
  assert (Hhalf : sin (x / 2) <= x / 2) by (apply sin_le_id; lra).
  rewrite HK0 in Hx.
  replace (K t) with (sin x * (x - 2 * sin (x / 2)) * (t - 0)) by lra.
  apply Rmult_le_pos; [apply Rmult_le_pos |]; lra.
Qed.

(** ** The map of cosines *)

(** [g] by the angle [acos c] in place of the square root. *)
Lemma g_by_angle : forall c, -1 <= c <= 1 ->
  g c = (sin (acos c) + (PI - acos c) * c) / PI.
Proof.
  intros c Hc. unfold g. rewrite sin_acos by exact Hc. rewrite Rsqr_pow2. reflexivity.
Qed.

Theorem g_at_one : g 1 = 1.
Proof.
  unfold g. rewrite acos_1. replace (1 - 1 ^ 2) with 0 by ring. rewrite sqrt_0.
  field. exact PI_neq0.
Qed.

Lemma acos_minus_one : acos (-1) = PI.
Proof. replace (-1) with (- (1)) by ring. rewrite acos_opp, acos_1. ring. Qed.

Theorem g_at_minus_one : g (-1) = 0.
Proof.
  unfold g. rewrite acos_minus_one. replace (1 - (-1) ^ 2) with 0 by ring. rewrite sqrt_0.
  field. exact PI_neq0.
Qed.

(** The slope of [g], see [g_slope]. *)
Definition slope (c : R) : R := 1 - acos c / PI.

Lemma slope_range : forall c, 0 <= slope c <= 1.
Proof.
  intros c. unfold slope. pose proof PI_RGT_0. pose proof (acos_bound c).
  assert (0 <= acos c / PI) by (apply Rdiv_le_0_compat; lra).
  assert (acos c / PI <= 1) by (apply (Rle_div_l (acos c) 1 PI); lra).
  lra.
Qed.

Lemma slope_at_one : slope 1 = 1.
Proof. unfold slope. rewrite acos_1. field. exact PI_neq0. Qed.

(** [g] lies above its tangents, also above those at the two ends.  With
    [t = acos c] and [t' = acos c'] this is [sin t <= sin t' + cos t' * (t - t')]. *)
Lemma g_tangent : forall c c', -1 <= c <= 1 -> -1 <= c' <= 1 ->
  g c + slope c * (c' - c) <= g c'.
Proof.
  intros c c' Hc Hc'. pose proof PI_RGT_0 as Hpi.
  pose proof (sin_below_tangent (acos c) (acos c') (acos_bound c) (acos_bound c')) as Hsin.
  rewrite (cos_acos c' Hc') in Hsin.
  rewrite (g_by_angle c Hc), (g_by_angle c' Hc'). unfold slope.
  replace ((sin (acos c) + (PI - acos c) * c) / PI + (1 - acos c / PI) * (c' - c))
    with ((sin (acos c) + (PI - acos c) * c') / PI) by (field; lra).
  apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat |].
  lra.
Qed.

Theorem g_nondecreasing : forall c c', -1 <= c -> c <= c' -> c' <= 1 -> g c <= g c'.
Proof.
  intros c c' Hc Hle Hc'.
  assert (Htan : g c + slope c * (c' - c) <= g c') by (apply g_tangent; lra).
  assert (0 <= slope c * (c' - c)).
  { apply Rmult_le_pos; [apply slope_range | lra]. }
  lra.
Qed.

(** Take the tangent at the mean of the two points: its values there average to [g]. *)
Theorem g_convex : forall c c' p, -1 <= c <= 1 -> -1 <= c' <= 1 -> 0 <= p <= 1 ->
  g (p * c + (1 - p) * c') <= p * g c + (1 - p) * g c'.
Proof.
  intros c c' p Hc Hc' Hp.
  set (m := p * c + (1 - p) * c').
  assert (Hm : -1 <= m <= 1).
  { assert (0 <= p * (c + 1)) by (apply Rmult_le_pos; lra).
    assert (0 <= (1 - p) * (c' + 1)) by (apply Rmult_le_pos; lra).
    assert (0 <= p * (1 - c)) by (apply Rmult_le_pos; lra).
    assert (0 <= (1 - p) * (1 - c')) by (apply Rmult_le_pos; lra).
    unfold m. lra. }
  assert (H1 : p * (g m + slope m * (c - m)) <= p * g c).
  { apply Rmult_le_compat_l; [lra | now apply g_tangent]. }
  assert (H2 : (1 - p) * (g m + slope m * (c' - m)) <= (1 - p) * g c').
  { apply Rmult_le_compat_l; [lra | now apply g_tangent]. }
  replace (g m) with
    (p * (g m + slope m * (c - m)) + (1 - p) * (g m + slope m * (c' - m))).
  - lra.
  - unfold m. ring.
Qed.

(** The diagonal is the tangent at [c = 1]. *)
Theorem g_above : forall c, -1 <= c <= 1 -> c <= g c.
Proof.
  intros c Hc.
  assert (Htan : g 1 + slope 1 * (c - 1) <= g c) by (apply g_tangent; lra).
  rewrite g_at_one, slope_at_one in Htan. lra.
Qed.

Theorem g_range : forall c, -1 <= c <= 1 -> 0 <= g c <= 1.
Proof.
  intros c Hc. split.
  - rewrite <- g_at_minus_one. apply g_nondecreasing; lra.
  - rewrite <- g_at_one. apply g_nondecreasing; lra.
Qed.

(** The derivatives of the root and of [acos] cancel.  For this they must exist: [-1 < c < 1]. *)
Theorem g_slope : forall c, -1 < c < 1 -> is_derive g c (1 - acos c / PI).
Proof.
  intros c Hc.
  assert (Hpos : 0 < 1 - c ^ 2).
  { replace (1 - c ^ 2) with ((1 - c) * (1 + c)) by ring. apply Rmult_lt_0_compat; lra. }
  assert (Hroot : 0 < sqrt (1 - c ^ 2)) by now apply sqrt_lt_R0.
  assert (Hacos : is_derive acos c (- / sqrt (1 - c ^ 2))).
  { apply is_derive_Reals.
    replace (- / sqrt (1 - c ^ 2)) with (derive_pt acos c (derivable_pt_acos c Hc)).
    - apply derive_pt_eq_1 with (pr := derivable_pt_acos c Hc). reflexivity.
    - rewrite derive_pt_acos, Rsqr_pow2. field. lra. }
  unfold g. auto_derive.
  - repeat split; [exact Hpos | eexists; exact Hacos].
  - replace (Derive (fun x => acos x) c) with (- / sqrt (1 - c ^ 2))
      by (symmetry; apply is_derive_unique, Hacos).
    replace (1 + - (c * (c * 1))) with (1 - c ^ 2) by ring.
    field. split; [exact PI_neq0 | lra].
Qed.

Lemma g_nonexpansive_ordered : forall c c', -1 <= c -> c <= c' -> c' <= 1 ->
  g c' - g c <= c' - c.
Proof.
  intros c c' Hc Hle Hc'.
  assert (Htan : g c' + slope c' * (c - c') <= g c) by (apply g_tangent; lra).
  assert (slope c' * (c' - c) <= 1 * (c' - c)).
  { apply Rmult_le_compat_r; [lra | apply slope_range]. }
  lra.
Qed.

Theorem g_nonexpansive : forall c c', -1 <= c <= 1 -> -1 <= c' <= 1 ->
  Rabs (g c - g c') <= Rabs (c - c').
Proof.
  assert (Hordered : forall c c', -1 <= c -> c <= c' -> c' <= 1 ->
    Rabs (g c - g c') <= Rabs (c - c')).
  { intros c c' Hc Hle Hc'.
    pose proof (g_nondecreasing c c' Hc Hle Hc').
    pose proof (g_nonexpansive_ordered c c' Hc Hle Hc').
    rewrite (Rabs_left1 (g c - g c')), (Rabs_left1 (c - c')); lra. }
  intros c c' Hc Hc'. destruct (Rle_dec c c') as [Hle | Hgt].
  - apply Hordered; lra.
  - rewrite (Rabs_minus_sym (g c)), (Rabs_minus_sym c). apply Hordered; lra.
Qed.

(** ** The map of [s = 1 - cos theta] *)

Theorem phi_at_zero : phi 0 = 0.
Proof. unfold phi. rewrite Rminus_0_r, g_at_one. ring. Qed.

Theorem phi_at_two : phi 2 = 1.
Proof.
  unfold phi. replace (1 - 2) with (-1) by ring. rewrite g_at_minus_one. ring.
Qed.

Theorem phi_nondecreasing : forall s s', 0 <= s -> s <= s' -> s' <= 2 -> phi s <= phi s'.
Proof.
  intros s s' Hs Hle Hs'. unfold phi.
  assert (g (1 - s') <= g (1 - s)) by (apply g_nondecreasing; lra).
  lra.
Qed.

Theorem phi_below : forall s, 0 <= s <= 2 -> phi s <= s.
Proof.
  intros s Hs. unfold phi.
  assert (1 - s <= g (1 - s)) by (apply g_above; lra).
  lra.
Qed.

(** [phi] is concave, so it lies above the chord from [(0, 0)] to [(2, 1)]. *)
Lemma phi_above_half : forall s, 0 <= s <= 2 -> s / 2 <= phi s.
Proof.
  intros s Hs. unfold phi.
  assert (Hcvx : g (s / 2 * -1 + (1 - s / 2) * 1) <= s / 2 * g (-1) + (1 - s / 2) * g 1)
    by (apply g_convex; lra).
  rewrite g_at_minus_one, g_at_one in Hcvx.
  replace (s / 2 * -1 + (1 - s / 2) * 1) with (1 - s) in Hcvx by field.
  lra.
Qed.

Theorem phi_positive : forall s, 0 < s <= 2 -> 0 < phi s.
Proof.
  intros s Hs. assert (s / 2 <= phi s) by (apply phi_above_half; lra). lra.
Qed.

Lemma phi_range : forall s, 0 <= s <= 2 -> 0 <= phi s <= 2.
Proof.
  intros s Hs. unfold phi. assert (0 <= g (1 - s) <= 1) by (apply g_range; lra). lra.
Qed.

Lemma phi_nonexpansive : forall s s', 0 <= s <= 2 -> 0 <= s' <= 2 ->
  Rabs (phi s - phi s') <= Rabs (s - s').
Proof.
  intros s s' Hs Hs'. unfold phi.
  replace (1 - g (1 - s) - (1 - g (1 - s'))) with (g (1 - s') - g (1 - s)) by ring.
  replace (s - s') with (1 - s' - (1 - s)) by ring.
  apply g_nonexpansive; lra.
Qed.

(** The form in collapse.recurrence: [phi s = s - (sin theta - theta * cos theta) / PI]. *)
Lemma phi_by_angle : forall t, 0 <= t <= PI ->
  phi (1 - cos t) = 1 - cos t - (sin t - t * cos t) / PI.
Proof.
  intros t Ht. unfold phi. replace (1 - (1 - cos t)) with (cos t) by ring.
  rewrite g_by_angle by apply COS_bound. rewrite acos_cos by exact Ht.
  field. exact PI_neq0.
Qed.

Lemma sqrt_by_angle : forall t, 0 <= t <= PI -> sqrt (1 - cos t) = sqrt 2 * sin (t / 2).
Proof.
  intros t Ht. rewrite cos_by_half.
  replace (1 - (1 - 2 * sin (t / 2) ^ 2)) with (2 * sin (t / 2) ^ 2) by ring.
  rewrite sqrt_mult by (try apply pow2_ge_0; lra).
  rewrite sqrt_pow2; [reflexivity |].
  apply sin_ge_0; lra.
Qed.

(** With [s = 1 - cos t], [2 * a * s * sqrt s = 8 / (3 * PI) * sin (t / 2) ^ 3], which
    [sin_half_cubed] bounds by [(sin t - t * cos t) / PI = s - phi s]. *)
Theorem phi_upper : forall s, 0 <= s <= 2 -> phi s <= s * (1 - 2 * a * sqrt s).
Proof.
  intros s Hs. pose proof PI_RGT_0 as Hpi.
  set (t := acos (1 - s)).
  assert (Ht : 0 <= t <= PI) by apply acos_bound.
  assert (Hst : s = 1 - cos t) by (unfold t; rewrite cos_acos; lra).
  assert (Hloss : 2 * a * s * sqrt s = 8 / 3 * sin (t / 2) ^ 3 / PI).
  { rewrite Hst, sqrt_by_angle by exact Ht. rewrite cos_by_half. unfold a.
    replace (8 / 3) with (4 / 3 * (sqrt 2 * sqrt 2)) by (rewrite sqrt_sqrt; lra).
    field. exact PI_neq0. }
  assert (Hcubed : 8 / 3 * sin (t / 2) ^ 3 / PI <= (sin t - t * cos t) / PI).
  { apply Rmult_le_compat_r; [| now apply sin_half_cubed].
    now apply Rlt_le, Rinv_0_lt_compat. }
  pose proof (phi_by_angle t Ht) as Hphi. rewrite <- Hst in Hphi.
  lra.
Qed.

(** ** The envelope *)

(** [(1 - 2 * u) * (1 + u)^2 = 1 - u^2 * (3 + 2 * u)]: the bound of [phi_upper] in a form whose
    inverse root exceeds [/ sqrt s] by exactly [a]. *)
Lemma phi_upper_square : forall s, 0 <= s <= 2 -> phi s <= s / (1 + a * sqrt s) ^ 2.
Proof.
  intros s Hs.
  assert (Hu : 0 <= a * sqrt s).
  { apply Rmult_le_pos; [apply Rlt_le, a_positive | apply sqrt_pos]. }
  apply Rle_trans with (1 := phi_upper s Hs).
  replace (2 * a * sqrt s) with (2 * (a * sqrt s)) by ring.
  set (u := a * sqrt s) in *. clearbody u.
  apply (Rle_div_r (s * (1 - 2 * u)) s ((1 + u) ^ 2)); [apply pow_lt; lra |].
  replace (s * (1 - 2 * u) * (1 + u) ^ 2) with (s - s * (u * u * (3 + 2 * u))) by ring.
  assert (0 <= s * (u * u * (3 + 2 * u))) by (repeat apply Rmult_le_pos; lra).
  lra.
Qed.

(** One layer adds at least [a] to [/ sqrt s]. *)
Lemma inverse_root_step : forall s, 0 < s <= 2 -> / sqrt s + a <= / sqrt (phi s).
Proof.
  intros s Hs. pose proof a_positive as Ha.
  assert (Hroot : 0 < sqrt s) by (apply sqrt_lt_R0; lra).
  assert (Hphi : 0 < phi s) by now apply phi_positive.
  assert (Hden : 0 < 1 + a * sqrt s).
  { assert (0 < a * sqrt s) by now apply Rmult_lt_0_compat. lra. }
  replace (/ sqrt s + a) with (/ (sqrt s / (1 + a * sqrt s))) by (field; lra).
  apply Rinv_le_contravar; [now apply sqrt_lt_R0 |].
  replace (sqrt s / (1 + a * sqrt s)) with (sqrt (s / (1 + a * sqrt s) ^ 2)).
  - apply sqrt_le_1_alt, phi_upper_square. lra.
  - rewrite sqrt_div_alt by now apply pow_lt. rewrite sqrt_pow2 by lra. reflexivity.
Qed.

Lemma sequence_range : forall s : nat -> R, 0 <= s 0%nat <= 2 ->
  (forall i, s (S i) = phi (s i)) -> forall i, 0 <= s i <= 2.
Proof.
  intros s H0 Hstep i. induction i as [| i IH]; [exact H0 |].
  rewrite Hstep. now apply phi_range.
Qed.

Lemma sequence_positive : forall s : nat -> R, 0 < s 0%nat <= 2 ->
  (forall i, s (S i) = phi (s i)) -> forall i, 0 < s i <= 2.
Proof.
  intros s H0 Hstep i. induction i as [| i IH]; [exact H0 |].
  rewrite Hstep. split; [now apply phi_positive | apply phi_range; lra].
Qed.

(** The left inequality of collapse.envelope, by induction on the depth. *)
Lemma inverse_root_grows : forall s : nat -> R, 0 < s 0%nat <= 2 ->
  (forall i, s (S i) = phi (s i)) -> forall i, / sqrt (s 0%nat) + a * INR i <= / sqrt (s i).
Proof.
  intros s H0 Hstep i. induction i as [| i IH].
  - simpl INR. lra.
  - rewrite S_INR, Hstep.
    pose proof (inverse_root_step (s i) (sequence_positive s H0 Hstep i)).
    lra.
Qed.

Theorem envelope_upper : forall s : nat -> R, 0 < s 0%nat <= 2 ->
  (forall i, s (S i) = phi (s i)) ->
  forall i, s i <= / (/ sqrt (s 0%nat) + a * INR i) ^ 2.
Proof.
  intros s H0 Hstep i.
  pose proof (inverse_root_grows s H0 Hstep i) as Hgrow.
  destruct (sequence_positive s H0 Hstep i) as [Hsi _].
  assert (Hx0 : 0 < / sqrt (s 0%nat)) by (apply Rinv_0_lt_compat, sqrt_lt_R0; lra).
  assert (Hai : 0 <= a * INR i).
  { apply Rmult_le_pos; [apply Rlt_le, a_positive | apply pos_INR]. }
  replace (s i) with (/ (/ sqrt (s i)) ^ 2).
  - apply Rinv_le_contravar; [apply pow_lt; lra | apply pow_incr; lra].
  - rewrite <- (pow2_sqrt (s i)) at 2 by lra.
    field. apply Rgt_not_eq, sqrt_lt_R0, Hsi.
Qed.

(** ** Following the recurrence in rounded arithmetic *)

(** By the ends of an enclosure, because [phi] is nondecreasing.  [dn] and [up] are directed
    evaluations of [phi]; nothing is asked of their accuracy or monotonicity. *)
Theorem enclosure_sound : forall (dn up : R -> R) (s lo hi : nat -> R),
  (forall x, 0 <= x <= 2 -> dn x <= phi x <= up x) ->
  (forall i, s (S i) = phi (s i)) ->
  (forall i, lo (S i) = Rmax 0 (dn (lo i))) ->
  (forall i, hi (S i) = Rmin 2 (up (hi i))) ->
  0 <= lo 0%nat -> lo 0%nat <= s 0%nat <= hi 0%nat -> hi 0%nat <= 2 ->
  forall i, lo i <= s i <= hi i.
Proof.
  intros dn up s lo hi Hdir Hs Hlo Hhi Hlo0 Hstart Hhi0.
  (* the ends must also stay in [0, 2], where the evaluations are directed *)
  assert (Hinv : forall i, 0 <= lo i /\ lo i <= s i <= hi i /\ hi i <= 2).
  { intros i. induction i as [| i [H0 [[Hl Hh] H2]]]; [tauto |].
    rewrite Hs, Hlo, Hhi.
    destruct (Hdir (lo i)) as [Hdn _]; [lra |].
    destruct (Hdir (hi i)) as [_ Hup]; [lra |].
    assert (phi (lo i) <= phi (s i)) by (apply phi_nondecreasing; lra).
    assert (phi (s i) <= phi (hi i)) by (apply phi_nondecreasing; lra).
    assert (0 <= phi (s i) <= 2) by (apply phi_range; lra).
    repeat split.
    - apply Rmax_l.
    - apply Rmax_lub; lra.
    - apply Rmin_glb; lra.
    - apply Rmin_l. }
  intros i. apply Hinv.
Qed.

(** By a midpoint [m] with an error bound [e], because [phi] is 1-Lipschitz: an error does not
    grow, and a step only adds the rounding [r] of one evaluation. *)
Theorem midpoint_sound : forall s m e r : nat -> R,
  0 <= s 0%nat <= 2 ->
  (forall i, s (S i) = phi (s i)) ->
  (forall i, 0 <= m i <= 2) ->
  Rabs (m 0%nat - s 0%nat) <= e 0%nat ->
  (forall i, Rabs (m (S i) - phi (m i)) <= r i) ->
  (forall i, e i + r i <= e (S i)) ->
  forall i, Rabs (m i - s i) <= e i.
Proof.
  intros s m e r Hs0 Hs Hm Hstart Hround Herr i.
  induction i as [| i IH]; [exact Hstart |].
  rewrite Hs.
  replace (m (S i) - phi (s i)) with ((m (S i) - phi (m i)) + (phi (m i) - phi (s i))) by ring.
  pose proof (Rabs_triang (m (S i) - phi (m i)) (phi (m i) - phi (s i))).
  pose proof (phi_nonexpansive (m i) (s i) (Hm i) (sequence_range s Hs0 Hs i)).
  specialize (Hround i). specialize (Herr i). lra.
Qed.
