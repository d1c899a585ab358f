using Akka.Actor.Setup;

namespace Mooring.Actors.Remoting;

/// <summary>
/// How the connections between nodes are secured: with this among an actor system's setups, <see cref="TcpTransport"/> has each of them speak what these two
/// make of it. They are asked anew for every connection, so that a certificate can be replaced while the system runs.
/// </summary>
/// <param name="accept">Speaks TLS with who has connected, who must show that it is a node.</param>
/// <param name="connect">Speaks TLS with the host that was connected to, which must show that it is a node.</param>
/// <remarks>
/// A service that embeds Mooring brings its own remoting. To join a cluster whose nodes speak TLS it names the transport and gives the setup:
/// <code>
/// akka.remote.dot-netty.tcp.transport-class = "Mooring.Actors.Remoting.TcpTransport, Mooring.Actors"
///
/// akka.AddSetup(new TransportSecurity(
///     async (stream, cancellationToken) =>
///     {
///         var tls = new SslStream(stream);
///         await tls.AuthenticateAsServerAsync(
///             new SslServerAuthenticationOptions
///             {
///                 ServerCertificate = certificate, ClientCertificateRequired = true, AllowTlsResume = false, RemoteCertificateValidationCallback = IsOfTheCa,
///             },
///             cancellationToken);
///         return tls;
///     },
///     async (stream, host, cancellationToken) =>
///     {
///         var tls = new SslStream(stream);
///         await tls.AuthenticateAsClientAsync(
///             new SslClientAuthenticationOptions { TargetHost = host, ClientCertificates = [certificate], RemoteCertificateValidationCallback = IsOfTheCa },
///             cancellationToken);
///         return tls;
///     }));
/// </code>
/// Without the setup it speaks to nodes with <c>mooring.tls.between-nodes = off</c>, and so does Akka.NET's own transport.
/// </remarks>
public sealed class TransportSecurity(Func<Stream, CancellationToken, Task<Stream>> accept, Func<Stream, string, CancellationToken, Task<Stream>> connect) : Setup
{
    /// <summary>Speaks TLS with who has connected. What goes wrong ends that connection alone.</summary>
    public Func<Stream, CancellationToken, Task<Stream>> Accept { get; } = accept;

    /// <summary>Speaks TLS with the host that was connected to. What goes wrong ends that connection alone.</summary>
    public Func<Stream, string, CancellationToken, Task<Stream>> Connect { get; } = connect;
}
