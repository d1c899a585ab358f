using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mooring.Client;

/// <summary>How nodes are reached over HTTP.</summary>
internal static class Connections
{
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
        if (caFile is not null)
            sockets.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustIn(caFile) };
        return token is null ? sockets : new BearerHandler(token, sockets);
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
