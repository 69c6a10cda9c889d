//! The way to a phone: found, dialled, proved, and read line by line. What is said there is `tandem-kdeconnect`'s.
