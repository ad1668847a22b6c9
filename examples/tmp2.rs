use relubound::ball::{comparison::{self,Want}, Region};
use relubound::distribution::ratio::RatioLaw;
use relubound::params::Probability;
fn eps(l:usize,d:u128,t:f64,q:f64,nats:f64)->f64{
    let w=vec![d;l+1]; let r=t*q;
    let c=comparison::control(&w,&Region{radius:r,drop:Some(r*r/t),nats},Want::Affine);
    c.iter().map(|x|x.direct.unwrap()).sum()
}
fn main(){
  for l in [1usize,2,3,5,10,20,40] {
    let t0=std::time::Instant::now();
    let best=|d:u128|->(f64,f64,f64){
       let mut b=(f64::INFINITY,0.,0.);
       for eta in [0.5,0.2,0.05,0.01] {
       let q=RatioLaw::new(d).upper_quantile(&Probability::parse("d",&format!("{}",0.1*(1.0-eta))).unwrap());
       let nats=((11*l-8) as f64/(0.1*eta)).ln();
       for i in 0..12 { let t=1.2f64*1.25f64.powi(i); let v=eps(l,d,t,q,nats)-(1.0-1.0/t); if v<b.0 {b=(v,t,eta)} } }
       b};
    let (mut lo,mut hi)=(1.0f64,1e15f64);
    while hi/lo>1.01 { let m=(lo*hi).sqrt(); if best(m as u128).0<0.0 {hi=m} else {lo=m} }
    println!("L={l}: d*={:.4e} {:?} {:?}",hi,best(hi as u128),t0.elapsed());
  }
}
