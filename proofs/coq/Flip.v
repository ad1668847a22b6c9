(* The deterministic core of the adversarial step u = - t f(x) grad / |grad|^2, t > 1:
   - if f is linear up to a relative error e < 1 - 1/t along the step, its sign changes
     (proofs/flip.md#step); the length of the step and its component along x;
   - the end of the direct route: a certified recursion with contracting errors bounds
     f(x + u) / f(x), which then is negative (proofs/direct.md#flip).
   Prose: proofs/flip.md#step and proofs/direct.md#flip.  The probabilities, under which the
   hypotheses hold, are not treated here.  Everything is algebraic, over any real closed field;
   points are columns and gradients are rows. *)

Set Warnings "-notation-overridden,-ambiguous-paths".
From mathcomp Require Import all_ssreflect all_algebra.
From Relubound Require Import Segment.
Require Import Ring Field.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.Theory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Flip.

Variable R : rcfType.

(* ------------------------------------------------------------------------------------------ *)
(* The tactics [ring] and [field] for R.  They find the operations by syntax, and mathcomp's
   are hidden behind structures; hence they are folded into constants on the bare type first.
   (|a| is an atom to the tactics, but it too can be written through different structures.) *)

Local Definition T : Type := R.
Local Definition t_add (a b : T) : T := a + b.
Local Definition t_mul (a b : T) : T := a * b.
Local Definition t_opp (a : T) : T := - a.
Local Definition t_inv (a : T) : T := a^-1.
Local Definition t_norm (a : T) : T := `|a|.
Local Definition t_zero : T := 0.
Local Definition t_one : T := 1.

Lemma T_field : field_theory t_zero t_one t_add t_mul (fun a b => t_add a (t_opp b)) t_opp
  (fun a b => t_mul a (t_inv b)) t_inv eq.
Proof.
split; first split.
- exact: add0r.
- exact: addrC.
- exact: addrA.
- exact: mul1r.
- exact: mulrC.
- exact: mulrA.
- exact: mulrDl.
- by [].
- exact: subrr.
- by apply/eqP; rewrite oner_eq0.
- by [].
- by move=> a a0; apply: mulVf; apply/eqP.
Qed.

Add Field T_field_tactic : T_field.

Ltac fold_operations :=
  rewrite ?expr2;
  repeat match goal with
  | |- context [@GRing.add ?V ?a ?b] => change (@GRing.add V a b) with (t_add a b)
  | |- context [@GRing.mul ?V ?a ?b] => change (@GRing.mul V a b) with (t_mul a b)
  | |- context [@GRing.opp ?V ?a] => change (@GRing.opp V a) with (t_opp a)
  | |- context [@GRing.inv ?V ?a] => change (@GRing.inv V a) with (t_inv a)
  | |- context [@Num.norm ?V ?W ?a] => change (@Num.norm V W a) with (t_norm a)
  | |- context [GRing.zero ?V] => change (GRing.zero V) with t_zero
  | |- context [GRing.one ?V] => change (GRing.one V) with t_one
  end;
  match goal with |- @eq _ ?a ?b => change (@eq T a b) end.

Ltac ring_R := fold_operations; ring.
(* Denominators have to be nonzero by hypotheses of the form [a != 0]. *)
Ltac field_R := fold_operations; field; repeat split; by apply/eqP.

(* ------------------------------------------------------------------------------------------ *)
(* Inner product and norm, for rows and columns alike: entry by entry, as for matrices. *)

Definition dot m n (u v : 'M[R]_(m, n)) : R := \sum_i \sum_j u i j * v i j.

Definition norm m n (u : 'M[R]_(m, n)) : R := Num.sqrt (dot u u).

(* A gradient applied to a displacement. *)
Definition pair n (g : 'rV[R]_n) (u : 'cV[R]_n) : R := (g *m u) 0 0.

Lemma dot_row n (u v : 'rV[R]_n) : dot u v = \sum_i u 0 i * v 0 i.
Proof. by rewrite /dot big_ord1. Qed.

Lemma dot_col n (u v : 'cV[R]_n) : dot u v = \sum_i u i 0 * v i 0.
Proof. by apply: eq_bigr => i _; rewrite big_ord1. Qed.

Lemma dot_tr m n (u v : 'M[R]_(m, n)) : dot u^T v^T = dot u v.
Proof.
rewrite /dot exchange_big; apply: eq_bigr => i _; apply: eq_bigr => j _.
by rewrite !mxE.
Qed.

Lemma pair_dot n (g : 'rV[R]_n) (u : 'cV[R]_n) : pair g u = dot g^T u.
Proof. by rewrite /pair mxE dot_col; apply: eq_bigr => i _; rewrite mxE. Qed.

Section Bilinear.

Variables m n : nat.
Implicit Types u v w : 'M[R]_(m, n).

Lemma dotC u v : dot u v = dot v u.
Proof. by apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite mulrC. Qed.

Lemma dotDl u v w : dot (u + v) w = dot u w + dot v w.
Proof.
rewrite /dot -big_split; apply: eq_bigr => i _.
by rewrite -big_split; apply: eq_bigr => j _; rewrite mxE mulrDl.
Qed.

Lemma dotZl a u v : dot (a *: u) v = a * dot u v.
Proof.
rewrite /dot mulr_sumr; apply: eq_bigr => i _.
by rewrite mulr_sumr; apply: eq_bigr => j _; rewrite mxE mulrA.
Qed.

Lemma dotDr u v w : dot w (u + v) = dot w u + dot w v.
Proof. by rewrite dotC dotDl !(dotC _ w). Qed.

Lemma dotZr a u v : dot u (a *: v) = a * dot u v.
Proof. by rewrite dotC dotZl dotC. Qed.

Lemma dotBl u v w : dot (u - v) w = dot u w - dot v w.
Proof. by rewrite -scaleN1r dotDl dotZl mulN1r. Qed.

Lemma dot_ge0 u : 0 <= dot u u.
Proof. by apply: sumr_ge0 => i _; apply: sumr_ge0 => j _; rewrite -expr2 sqr_ge0. Qed.

Lemma dot_eq0 u : (dot u u == 0) = (u == 0).
Proof.
apply/eqP/eqP => [u0|->]; last first.
  by rewrite /dot big1 // => i _; rewrite big1 // => j _; rewrite mxE mul0r.
have row_ge0 i : 0 <= \sum_j u i j * u i j.
  by apply: sumr_ge0 => j _; rewrite -expr2 sqr_ge0.
have row0 i : \sum_j u i j * u i j = 0.
  by apply: (psumr_eq0P (fun k _ => row_ge0 k) u0).
apply/matrixP => i j; rewrite mxE; apply/eqP; rewrite -sqrf_eq0 expr2; apply/eqP.
by apply: (psumr_eq0P _ (row0 i)) => // k _; rewrite -expr2 sqr_ge0.
Qed.

Lemma norm_ge0 u : 0 <= norm u.
Proof. exact: sqrtr_ge0. Qed.

Lemma norm_sqr u : norm u ^+ 2 = dot u u.
Proof. by rewrite sqr_sqrtr // dot_ge0. Qed.

Lemma norm_eq0 u : (norm u == 0) = (u == 0).
Proof. by rewrite -sqrf_eq0 norm_sqr dot_eq0. Qed.

Lemma norm_gt0 u : (0 < norm u) = (u != 0).
Proof. by rewrite lt_def norm_ge0 andbT norm_eq0. Qed.

Lemma normZ a u : norm (a *: u) = `|a| * norm u.
Proof.
by rewrite /norm dotZl dotZr mulrA -expr2 sqrtrM ?sqr_ge0 // sqrtr_sqr.
Qed.

Theorem cauchy_schwarz u v : `|dot u v| <= norm u * norm v.
Proof.
have [->|v0] := eqVneq v 0.
  by rewrite -(scale0r 0) dotZr normZ mul0r !normr0 mul0r mulr0.
have vv : 0 < dot v v by rewrite -norm_sqr exprn_gt0 // norm_gt0.
(* What is left of u without its component along v, times |v|^2. *)
have := dot_ge0 (dot v v *: u - dot u v *: v).
rewrite dotBl !dotZl (dotC _ (_ - _)) (dotC _ (_ - _)) !dotBl !dotZl (dotC v u).
rewrite (_ : _ - _ = dot v v * (dot u u * dot v v - dot u v ^+ 2)); last by ring_R.
rewrite pmulr_rge0 // subr_ge0 => square_le.
by rewrite -sqrtr_sqr -sqrtrM ?dot_ge0 // ler_wsqrtr.
Qed.

End Bilinear.

Lemma norm_tr m n (u : 'M[R]_(m, n)) : norm u^T = norm u.
Proof. by rewrite /norm dot_tr. Qed.

Lemma pairBl n (g h : 'rV[R]_n) u : pair (g - h) u = pair g u - pair h u.
Proof. by rewrite /pair mulmxBl !mxE. Qed.

Lemma pair_le n (g : 'rV[R]_n) u : `|pair g u| <= norm g * norm u.
Proof. by rewrite pair_dot (le_trans (cauchy_schwarz _ _)) // norm_tr. Qed.

(* ------------------------------------------------------------------------------------------ *)
(* Piecewise linear functions along a segment. *)

Section Segment.

Variable n : nat.
Implicit Types (f : 'cV[R]_n -> R) (x u : 'cV[R]_n) (g G : 'rV[R]_n).

(* f is piecewise linear from x to x + u, with gradients within eps |g| of g. *)
Definition piecewise_linear f x u g eps : Prop :=
  exists s : seq R, path <%R 0 (rcons s 1) /\
    forall p q, (p, q) \in pieces s ->
      exists G, f (x + q *: u) - f (x + p *: u) = (q - p) * pair G u /\
                norm (G - g) <= eps * norm g.

(* The form in which networks have it: the gradient at any point inside a piece is the slope. *)
Lemma piecewise_linear_gradient f grad x u g eps :
  (exists s : seq R, path <%R 0 (rcons s 1) /\
     forall p q, (p, q) \in pieces s -> forall m, p < m < q ->
       f (x + q *: u) - f (x + p *: u) = (q - p) * (grad (x + m *: u) *m u) 0 0) ->
  (forall m, 0 < m < 1 -> norm (grad (x + m *: u) - g) <= eps * norm g) ->
  piecewise_linear f x u g eps.
Proof.
move=> [s [s_path slopes]] near; exists s; split=> // p q pq_in.
have [p0 pq q1 _] := pieces_clear s_path pq_in.
have [pm mq] := midf_lt pq.
exists (grad (x + ((p + q) / 2%:R) *: u)); split.
  by apply: slopes => //; rewrite pm mq.
by apply: near; rewrite (le_lt_trans p0 pm) (lt_le_trans mq q1).
Qed.

(* One piece. *)
Lemma piece_error f x u g eps p q G : p < q ->
  f (x + q *: u) - f (x + p *: u) = (q - p) * pair G u -> norm (G - g) <= eps * norm g ->
  `|f (x + q *: u) - f (x + p *: u) - (q - p) * pair g u| <=
    (q - p) * (eps * norm g * norm u).
Proof.
move=> pq -> near; have qp : 0 < q - p by rewrite subr_gt0.
rewrite -mulrBr -pairBl normrM gtr0_norm // ler_pmul2l //.
by rewrite (le_trans (pair_le _ _)) // ler_wpmul2r // norm_ge0.
Qed.

(* All pieces from a on: their errors add up in proportion to their lengths. *)
Lemma pieces_error f x u g eps s a : path <%R a (rcons s 1) ->
  (forall p q, (p, q) \in zip (a :: s) (rcons s 1) ->
     exists G, f (x + q *: u) - f (x + p *: u) = (q - p) * pair G u /\
               norm (G - g) <= eps * norm g) ->
  `|f (x + 1 *: u) - f (x + a *: u) - (1 - a) * pair g u| <= (1 - a) * (eps * norm g * norm u).
Proof.
elim: s a => [|b s IH] a /=.
  rewrite andbT => a1 /(_ a 1); rewrite inE eqxx => /(_ isT)[G [slope near]].
  exact: piece_error slope near.
move=> /andP[ab b_path] slopes.
have [|G [slope near]] := slopes a b; first by rewrite inE eqxx.
have first_piece := piece_error ab slope near.
have /(IH b b_path) rest : forall p q, (p, q) \in zip (b :: s) (rcons s 1) ->
    exists G, f (x + q *: u) - f (x + p *: u) = (q - p) * pair G u /\
              norm (G - g) <= eps * norm g.
  by move=> p q pq_in; apply: slopes; rewrite inE pq_in orbT.
set E := eps * _ * _ in first_piece rest *.
rewrite (_ : (1 - a) * E = (1 - b) * E + (b - a) * E); last by ring_R.
apply: le_trans (ler_add rest first_piece); apply: le_trans (ler_norm_add _ _).
by rewrite le_eqVlt; apply/orP; left; apply/eqP; congr `|_|; ring_R.
Qed.

Theorem affine_error f x u g eps : piecewise_linear f x u g eps ->
  `|f (x + u) - f x - pair g u| <= eps * norm g * norm u.
Proof.
move=> [s [s_path slopes]]; have := pieces_error s_path slopes.
by rewrite scale1r scale0r addr0 subr0 !mul1r.
Qed.

(* ------------------------------------------------------------------------------------------ *)
(* The step for the value y = f x and the gradient g. *)

Definition step g t y : 'cV[R]_n := - (t * y / norm g ^+ 2) *: g^T.

(* A linear function changes by - t y. *)
Lemma step_pair g t y : g != 0 -> pair g (step g t y) = - (t * y).
Proof.
move=> g0; have ng : norm g != 0 by rewrite norm_eq0.
rewrite pair_dot dotZr dot_tr -norm_sqr; field_R.
Qed.

Theorem step_length g t y : 0 <= t -> norm (step g t y) = t * `|y| / norm g.
Proof.
move=> t0; have [->|g0] := eqVneq g 0.
  by rewrite /step trmx0 scaler0 (_ : norm 0 = 0) ?invr0 ?mulr0 //; apply/eqP; rewrite norm_eq0.
have ng : norm g != 0 by rewrite norm_eq0.
rewrite normZ norm_tr normrN !normrM normrV ?unitfE ?sqrf_eq0 // normrX.
rewrite (ger0_norm t0) (ger0_norm (norm_ge0 _)); field_R.
Qed.

(* From a bound Phi of f(x + u) / f(x) to the claims on the change and on the sign. *)
Theorem ratio_flips f x u t Phi : f x != 0 -> 0 < t -> f (x + u) / f x <= Phi ->
  (1 - Phi) / t <= (f x - f (x + u)) / (t * f x) /\ (Phi < 0 -> f (x + u) * f x < 0).
Proof.
move=> y0 t0 ratio; have t_neq0 : t != 0 by rewrite gt_eqF.
split=> [|Phi0].
  have -> : (f x - f (x + u)) / (t * f x) = (1 - f (x + u) / f x) / t by field_R.
  by rewrite ler_pmul2r ?invr_gt0 // ler_sub.
have -> : f (x + u) * f x = f (x + u) / f x * f x ^+ 2 by field_R.
rewrite pmulr_llt0; first exact: le_lt_trans ratio Phi0.
by rewrite lt_def sqrf_eq0 y0 sqr_ge0.
Qed.

(* With a relative error e of linearity, f(x + u) / f(x) is at most 1 - t (1 - e). *)
Lemma step_ratio f x g t e : let u := step g t (f x) in g != 0 -> f x != 0 -> 0 < t ->
  `|f (x + u) - f x - pair g u| <= e * norm u * norm g -> f (x + u) / f x <= 1 - t * (1 - e).
Proof.
move=> u g0 y0 t0; have ng : norm g != 0 by rewrite norm_eq0.
rewrite step_pair // (step_length g (f x) (ltW t0)).
rewrite (_ : e * _ * _ = t * e * `|f x|); last by field_R.
rewrite -ler_pdivr_mulr ?normr_gt0 // -normf_div => /(le_trans (ler_norm _)).
rewrite (_ : _ / _ = f (x + u) / f x - (1 - t)); last by field_R.
by rewrite ler_subl_addr (_ : t * e + _ = 1 - t * (1 - e)) //; ring_R.
Qed.

Theorem step_share_affine f x g t e : let u := step g t (f x) in g != 0 -> f x != 0 -> 0 < t ->
  `|f (x + u) - f x - pair g u| <= e * norm u * norm g ->
  1 - e <= (f x - f (x + u)) / (t * f x).
Proof.
move=> u g0 y0 t0 /(step_ratio g0 y0 t0)/(ratio_flips y0 t0)[share _].
have t_neq0 : t != 0 by rewrite gt_eqF.
by rewrite (_ : 1 - e = (1 - (1 - t * (1 - e))) / t) //; field_R.
Qed.

Theorem step_flips_affine f x g t e : let u := step g t (f x) in g != 0 -> f x != 0 ->
  1 < t -> e < 1 - t^-1 -> `|f (x + u) - f x - pair g u| <= e * norm u * norm g ->
  f (x + u) * f x < 0.
Proof.
move=> u g0 y0 t1 e_lt; have t0 : 0 < t := lt_trans ltr01 t1.
move=> /(step_ratio g0 y0 t0)/(ratio_flips y0 t0)[_]; apply.
by rewrite subr_lt0 -ltr_pdivr_mull // mulr1 ltr_subr_addr addrC -ltr_subr_addr.
Qed.

(* That eps >= 0 need not be asked for: there is at least one piece, and norm (G - g) >= 0. *)
Theorem step_share f x g t eps : let u := step g t (f x) in g != 0 -> f x != 0 -> 0 < t ->
  piecewise_linear f x u g eps -> 1 - eps <= (f x - f (x + u)) / (t * f x).
Proof.
move=> u g0 y0 t0 /affine_error error; apply: step_share_affine => //.
by rewrite mulrAC.
Qed.

Theorem step_flips f x g t eps : let u := step g t (f x) in g != 0 -> f x != 0 ->
  1 < t -> eps < 1 - t^-1 -> piecewise_linear f x u g eps -> f (x + u) * f x < 0.
Proof.
move=> u g0 y0 t1 eps_lt /affine_error error; apply: (step_flips_affine g0 y0 t1 eps_lt).
by rewrite mulrAC.
Qed.

(* ------------------------------------------------------------------------------------------ *)
(* The step beside x, for a homogeneous f, that is f x = pair g x: the start of the direct
   route. *)

Definition kappa (y : R) g x : R := `|y| / (norm g * norm x).

Theorem kappa_le1 f g x : f x = pair g x -> kappa (f x) g x <= 1.
Proof.
move=> ->; have [gx0|gx0] := eqVneq (norm g * norm x) 0.
  by rewrite /kappa gx0 invr0 mulr0 ler01.
rewrite ler_pdivr_mulr ?mul1r ?pair_le //.
by rewrite lt_def gx0 mulr_ge0 ?norm_ge0.
Qed.

(* The length in units of |x|. *)
Theorem step_size f g x t : x != 0 -> 0 <= t ->
  norm (step g t (f x)) = t * kappa (f x) g x * norm x.
Proof.
move=> x0 t0; have nx : norm x != 0 by rewrite norm_eq0.
by rewrite step_length // /kappa invfM !mulrA mulfVK.
Qed.

Theorem step_along f g x t : f x = pair g x -> x != 0 ->
  dot (step g t (f x)) x = - (t * kappa (f x) g x ^+ 2 * norm x ^+ 2).
Proof.
move=> homogeneous x0; have nx : norm x != 0 by rewrite norm_eq0.
rewrite dotZl -pair_dot -homogeneous /kappa (invfM _ (norm x)) !exprMn.
rewrite real_normK ?num_real // -exprVn.
set i := (norm g)^-1; field_R.
Qed.

(* x + u = (1 - t kappa^2) x + v: what the input layer of the network receives. *)
Theorem step_across f g x t : f x = pair g x -> x != 0 -> 0 <= t ->
  let k := kappa (f x) g x in exists v : 'cV[R]_n,
  [/\ step g t (f x) = - (t * k ^+ 2) *: x + v, dot v x = 0 &
      norm v = t * k * Num.sqrt (1 - k ^+ 2) * norm x].
Proof.
move=> homogeneous x0 t0 k; set u := step _ _ _.
have along : dot u x = - (t * k ^+ 2 * norm x ^+ 2) := step_along t homogeneous x0.
have length : norm u = t * k * norm x := step_size f g x0 t0.
have k0 : 0 <= k by rewrite divr_ge0 ?mulr_ge0 ?norm_ge0.
clearbody u k; exists (u + (t * k ^+ 2) *: x).
have across : dot (u + (t * k ^+ 2) *: x) x = 0.
  by rewrite dotDl dotZl along -norm_sqr addNr.
split=> //; first by rewrite scaleNr addrCA addNr addr0.
(* By Pythagoras: |v|^2 = |u|^2 - (t k^2 |x|)^2. *)
rewrite [LHS]/norm dotDr dotZr across mulr0 addr0 dotDl dotZl (dotC x) along -norm_sqr length.
rewrite (_ : _ + _ = (t * k * norm x) ^+ 2 * (1 - k ^+ 2)); last by ring_R.
rewrite sqrtrM ?sqr_ge0 // sqrtr_sqr ger0_norm ?mulr_ge0 ?norm_ge0 //.
by rewrite mulrAC.
Qed.

(* The network that is linear with x's pattern has the value (1 - t) f(x) at x + u. *)
Theorem step_linear f g x t : f x = pair g x -> g != 0 ->
  pair g (x + step g t (f x)) = (1 - t) * f x.
Proof.
move=> homogeneous g0; rewrite pair_dot dotDr -!pair_dot step_pair // -homogeneous.
by rewrite mulrBl mul1r.
Qed.

End Segment.

(* ------------------------------------------------------------------------------------------ *)
(* The end of the direct route: errors that contract.  F i is the output, in units of f(x),
   if the layers above i kept x's pattern; in layer i a share p i of the distance from F i to
   a i is lost, and noise N i is added.  P, A, Nb, Phi are the certified numbers.

   One layer.  F goes up with p only where F <= A; that is not asked for: F is replaced by Phi
   first (p <= 1), and Phi <= A makes it safe to replace p by P then. *)
Lemma contraction_layer (F Phi p P a A N Nb : R) :
  0 <= p <= P -> P <= 1 -> a <= A -> N <= Nb -> F <= Phi -> Phi <= A ->
  (1 - p) * F + p * a + N <= (1 - P) * Phi + P * A + Nb.
Proof.
move=> /andP[p0 pP] P1 aA NNb FPhi PhiA; apply: ler_add => //.
apply: (@le_trans _ _ ((1 - p) * Phi + p * A)).
  by rewrite ler_add // ler_wpmul2l // subr_ge0 (le_trans pP).
rewrite (_ : _ + p * A = Phi + p * (A - Phi)); last by ring_R.
rewrite (_ : _ + P * A = Phi + P * (A - Phi)); last by ring_R.
by rewrite ler_add2l ler_wpmul2r // subr_ge0.
Qed.

(* With <= in the certified recursion and at its start, as after rounding upwards. *)
Theorem contraction_bound (F a N p Phi A Nb P : nat -> R) (L : nat) :
  F 0%N <= Phi 0%N ->
  (forall i, (i < L)%N -> F i.+1 <= (1 - p i) * F i + p i * a i + N i) ->
  (forall i, (i < L)%N -> (1 - P i) * Phi i + P i * A i + Nb i <= Phi i.+1) ->
  (forall i, (i < L)%N -> 0 <= p i <= P i) -> (forall i, (i < L)%N -> P i <= 1) ->
  (forall i, (i < L)%N -> a i <= A i) -> (forall i, (i < L)%N -> N i <= Nb i) ->
  (forall i, (i < L)%N -> Phi i <= A i) ->
  forall i, (i <= L)%N -> F i <= Phi i.
Proof.
move=> start layers certified pP P1 aA NNb PhiA; elim=> // i IH iL.
apply: le_trans (layers i iL) _; apply: le_trans (certified i iL).
by apply: contraction_layer; auto using ltnW.
Qed.

(* Phi i <= A i cannot be spared: for P = 1 and Nb = 0 we have Phi i.+1 = A i, but for p = 0,
   F i.+1 may be F i = Phi i.  That F i <= A i is not needed. *)
Theorem contraction_flips (F a N p Phi A Nb P : nat -> R) (t : R) (L : nat) :
  F 0%N = 1 - t -> Phi 0%N = 1 - t ->
  (forall i, (i < L)%N -> F i.+1 <= (1 - p i) * F i + p i * a i + N i) ->
  (forall i, (i < L)%N -> Phi i.+1 = (1 - P i) * Phi i + P i * A i + Nb i) ->
  (forall i, (i < L)%N -> 0 <= p i <= P i) -> (forall i, (i < L)%N -> P i <= 1) ->
  (forall i, (i < L)%N -> a i <= A i) -> (forall i, (i < L)%N -> N i <= Nb i) ->
  (forall i, (i < L)%N -> Phi i <= A i) ->
  (forall i, (i <= L)%N -> F i <= Phi i) /\ (Phi L < 0 -> F L < 0).
Proof.
move=> F0 Phi0 layers certified pP P1 aA NNb PhiA.
have bound : forall i, (i <= L)%N -> F i <= Phi i.
  apply: contraction_bound layers _ pP P1 aA NNb PhiA; first by rewrite F0 Phi0.
  by move=> i iL; rewrite certified.
by split=> // PhiL; apply: le_lt_trans PhiL; apply: bound.
Qed.

End Flip.
