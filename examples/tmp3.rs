use relubound::ball::{comparison::{self,Want}, Region};
fn main(){
  for (l,d,r) in [(1usize,200u128,0.05),(1,1700,0.3),(3,220000,0.02),(10,10u128.pow(8),1e-3),(10,10u128.pow(30),1e-14),(10,10u128.pow(30),1e-7),(3,37,0.01),(100,10u128.pow(12),1e-6)] {
    let w=vec![d;l+1];
    for nats in [3.0,10.0,200.0] {
    let t=std::time::Instant::now();
    let c=comparison::control(&w,&Region{radius:r,drop:None,nats},Want::Affine);
    let a:f64=c.iter().map(|x|x.direct.unwrap()).sum();
    println!("{l} {d:e} {r} {nats}: direct {a:.6} flips {} {:?}", c.last().unwrap().flips, t.elapsed()/l as u32);
  }}
}
