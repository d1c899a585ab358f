using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mooring.Client;

/// <summary>How nodes are reached over HTTP.</summary>
internal static class Connections
{
    // In seconds. A host's kernel answers for connections, however busy the host is: one that does not is cut off or gone. And who has the virtual IP by
    // then refuses what it has not accepted.
    private const int ProbeInterval = 1, ProbesMax = 3;

    /// <summary>The scheme of their addresses.</summary>
    /// <param name="caFile">As <see cref="MooringClientOptions.CaFile"/>.</param>
    /// <returns><c>http</c> or <c>https</c>.</returns>
    public static string SchemeOf(string? caFile) => caFile is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;

    /// <summary>What sends requests.</summary>
    /// <param name="sockets">How it connects.</param>
    /// <param name="token">The token that is shown; null where none is asked for.</param>
    /// <param name="caFile">As <see cref="MooringClientOptions.CaFile"/>.</param>
    /// <returns>The handler.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    public static HttpMessageHandler Of(SocketsHttpHandler sockets, string? token, string? caFile)
    {
        sockets.ConnectCallback = async (context, cancellationToken) => new NetworkStream(
            await ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false), ownsSocket: true);
        if (caFile is not null)
            sockets.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustIn(caFile) };
        return token is null ? sockets : new BearerHandler(token, sockets);
    }

    /// <summary>Connects to a host, so that what waits for one that is not there any more fails within seconds.</summary>
    /// <param name="host">Its name or address.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public static async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeInterval);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeInterval);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, ProbesMax);
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Speaks TLS with a node.</summary>
    /// <param name="stream">The connection; disposed when it comes to nothing.</param>
    /// <param name="host">Where it goes.</param>
    /// <param name="trust">Which certificates are believed, as of <see cref="TrustIn"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is said over it.</returns>
    /// <exception cref="IOException">The other side does not speak TLS, or is no node.</exception>
    public static async Task<Stream> SecureAsync(Stream stream, string host, X509ChainPolicy trust, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = trust }, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch (AuthenticationException e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"{host} is not believed to be a node: {e.Message}", e);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Which certificates are believed.</summary>
    /// <param name="caFile">As <see cref="MooringClientOptions.CaFile"/>.</param>
    /// <returns>Those of that CA.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    public static X509ChainPolicy TrustIn(string caFile)
    {
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        // More than one while a CA is being replaced.
        trust.CustomTrustStore.ImportFromPemFile(caFile);
        return trust.CustomTrustStore.Count == 0 ? throw new CryptographicException("there is no certificate in it") : trust;
    }
}
