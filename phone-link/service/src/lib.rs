//! `tandem-phone-link`: the phones that were let in, what plays on them, and what of it is in the car.
