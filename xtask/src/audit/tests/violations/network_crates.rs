//: crates hyper, hyper-util, ureq, tonic
//! Crates that are there for the network.
use hyper::Request;
use hyper_util::client::legacy::Client; //~ net

pub fn ask(_: Request<()>) { //~ net
    let _ = ureq::get("http://evil.example").call(); //~ net
}

pub struct Channel(tonic::transport::Channel); //~ net
