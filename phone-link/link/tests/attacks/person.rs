//! A peer made by hand, so that it can lie: rustls and sockets, and nothing of the crate that is attacked.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName as Hint, Error, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use tandem_kdeconnect::{DeviceId, DeviceKind, Identity, LINK_PORTS, Message, Packet};
use tandem_link::Pin;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

#[derive(Clone)]
pub struct Person {
    pub id: DeviceId,
    /// Whom it says to be inside of TLS.
    pub inner: DeviceId,
    pub certificate: Vec<u8>,
    /// PKCS #8.
    pub key: Vec<u8>,
    pub protocol: u8,
    pub tls: &'static SupportedProtocolVersion,
    pub address: IpAddr,
    pub target: Option<DeviceId>,
}

impl Person {
    pub fn new(address: IpAddr) -> Self {
        let id: DeviceId = uuid::Uuid::new_v4().simple().to_string().parse().unwrap();
        Self::named(address, &id)
    }

    /// A certificate of its own, in the name of `id`.
    pub fn named(address: IpAddr, id: &DeviceId) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, id.as_str());
        let certificate = params.self_signed(&key).unwrap();
        Self {
            id: id.clone(),
            inner: id.clone(),
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
            protocol: 8,
            tls: &rustls::version::TLS13,
            address,
            target: None,
        }
    }

    pub fn pin(&self) -> Pin {
        Pin { certificate: self.certificate.clone(), protocol: self.protocol }
    }

    pub fn identity(&self, id: &DeviceId, port: Option<u16>) -> Packet {
        Packet::new(Message::Identity(Identity {
            id: id.clone(),
            name: "Person".into(),
            kind: DeviceKind::Phone,
            protocol: self.protocol,
            incoming: vec!["kdeconnect.ping".into()],
            outgoing: vec!["kdeconnect.ping".into()],
            port,
            target: self.target.clone(),
            target_protocol: None,
        }))
    }

    /// Whatever it shows, it signs with the key that it has.
    fn signer(&self) -> Arc<SingleCertAndKey> {
        let key = PrivateKeyDer::try_from(self.key.clone()).unwrap();
        let key = ring::default_provider().key_provider.load_private_key(key).unwrap();
        let pair = CertifiedKey::new(vec![CertificateDer::from(self.certificate.clone())], key);
        Arc::new(SingleCertAndKey::from(pair))
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[self.tls])
            .unwrap()
            .with_client_cert_verifier(Arc::new(Anyone(ring::default_provider())))
            .with_cert_resolver(self.signer());
        TlsAcceptor::from(Arc::new(config))
    }

    pub fn connector(&self) -> TlsConnector {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[self.tls])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(ring::default_provider())))
            .with_client_cert_resolver(self.signer());
        TlsConnector::from(Arc::new(config))
    }

    pub async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(self.address, 0))?;
        socket.connect(to).await
    }

    /// Dials: identity in clear, then it is the TLS server.
    pub async fn dial(&self, to: SocketAddr) -> io::Result<Talk> {
        let mut stream = self.connect(to).await?;
        stream.write_all(self.identity(&self.id, None).line(1).as_bytes()).await?;
        let stream = self.acceptor().accept(stream).await?;
        self.greet(stream.into()).await
    }

    /// Tells where it listens.
    pub async fn listen(&self, victim: IpAddr) -> TcpListener {
        let listener = listen(self.address, LINK_PORTS).await;
        let socket = UdpSocket::bind(SocketAddr::new(self.address, 0)).await.unwrap();
        let datagram = self.identity(&self.id, Some(listener.local_addr().unwrap().port())).line(1);
        socket.send_to(datagram.as_bytes(), (victim, 1716)).await.unwrap();
        listener
    }

    /// Is dialled: reads the identity in clear, then it is the TLS client.
    pub async fn lure(&self, victim: IpAddr) -> io::Result<Talk> {
        let (stream, _) = self.listen(victim).await.accept().await?;
        let mut stream = stream;
        let mut clear = Vec::new();
        while clear.last() != Some(&b'\n') {
            clear.push(stream.read_u8().await?);
        }
        let Message::Identity(said) = Packet::parse(&clear).unwrap().message else { panic!("no identity") };
        assert_eq!((said.target.as_ref(), said.target_protocol), (Some(&self.id), Some(self.protocol)));
        assert_eq!(said.port, None);
        let stream = self.connector().connect(ServerName::IpAddress(victim.into()), stream).await?;
        self.greet(stream.into()).await
    }

    async fn greet(&self, stream: TlsStream<TcpStream>) -> io::Result<Talk> {
        let mut talk = Talk(BufReader::new(stream));
        if self.protocol >= 8 {
            talk.write(self.identity(&self.inner, None).line(1).as_bytes()).await?;
            talk.packet().await?;
        }
        Ok(talk)
    }
}

pub async fn listen(address: IpAddr, ports: std::ops::RangeInclusive<u16>) -> TcpListener {
    for port in ports {
        if let Ok(listener) = TcpListener::bind((address, port)).await {
            return listener;
        }
    }
    panic!("no port is free");
}

/// A connection that stands, as far as this side knows.
#[derive(Debug)]
pub struct Talk(pub BufReader<TlsStream<TcpStream>>);

impl Talk {
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    pub async fn say(&mut self, message: Message) -> io::Result<()> {
        self.write(Packet::new(message).line(1).as_bytes()).await
    }

    pub async fn packet(&mut self) -> io::Result<Packet> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Packet::parse(&line).unwrap())
    }

    /// Reads until the other side ends it.
    pub async fn end(&mut self) {
        let mut rest = Vec::new();
        drop(self.0.read_to_end(&mut rest).await);
    }
}

/// Takes any certificate whose owner has its key.
#[derive(Debug)]
struct Anyone(CryptoProvider);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer,
        _: &[CertificateDer],
        _: &ServerName,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[Hint] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer,
        _: &[CertificateDer],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls12_signature(self, message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls13_signature(self, message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ServerCertVerifier::supported_verify_schemes(self)
    }
}
