[playlist]
File1=http://radio.example/
Title1=Radio
Length1=-1
File2=b.ogg
NumberOfEntries=2
Version=2
