using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mooring.Actors.Remoting;

namespace Mooring.StorageNode.Tls;

/// <summary>
/// TLS of a node: the certificate that it shows to clients and nodes, and the CA whose certificates it takes for nodes. The files are read again when they
/// have changed, so that they are renewed while the node runs.
/// </summary>
internal sealed class NodeTls : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1), HandshakeMax = TimeSpan.FromSeconds(15);

    private readonly NodeTlsFiles _files;
    private readonly Action<string> _tell;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private (DateTime, DateTime, DateTime) _written;
    private long _lookedAt;
    private X509Certificate2 _current;
    private X509Certificate2Collection _authority;

    /// <summary>Reads the files.</summary>
    /// <param name="files">Where they are.</param>
    /// <param name="tell">Told in one line when new ones were read, or cannot be.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="NodeStartException">They cannot be used.</exception>
    public NodeTls(NodeTlsFiles files, Action<string> tell, TimeProvider clock)
    {
        (_files, _tell, _clock) = (files, tell, clock);
        _written = Written();
        _lookedAt = clock.GetTimestamp();
        try
        {
            (_current, _authority) = Read();
        }
        catch (Exception e) when (IsOfTheFiles(e))
        {
            throw new NodeStartException($"mooring.tls: {e.Message}", e);
        }
    }

    /// <summary>The certificate as it is now. The CA has made it: none between them is sent.</summary>
    public X509Certificate2 Current => Look().Certificate;

    /// <summary>How remoting speaks to other nodes: both sides show a certificate of the CA.</summary>
    public TransportSecurity Remoting => new(AcceptNodeAsync, ConnectAsync);

    /// <inheritdoc/>
    public void Dispose() => _current.Dispose();

    /// <summary>Speaks TLS with who has connected. Clients have no certificates: they show tokens.</summary>
    /// <param name="stream">The connection; disposed when it comes to nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is said over it.</returns>
    /// <exception cref="IOException">The other side does not speak TLS.</exception>
    public Task<Stream> AcceptAsync(Stream stream, CancellationToken cancellationToken) => AcceptAsync(stream, isOfANode: false, cancellationToken);

    /// <summary>Speaks TLS with a node, which has to show a certificate of the CA.</summary>
    /// <param name="stream">The connection; disposed when it comes to nothing.</param>
    /// <param name="host">Where it goes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is said over it.</returns>
    /// <exception cref="IOException">The other side does not speak TLS, or is no node.</exception>
    public async Task<Stream> ConnectAsync(Stream stream, string host, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host, ClientCertificates = [Current], RemoteCertificateValidationCallback = IsOfANode };
        return await ShakeHandsAsync(new SslStream(stream), (tls, bounded) => tls.AuthenticateAsClientAsync(options, bounded), cancellationToken);
    }

    private Task<Stream> AcceptNodeAsync(Stream stream, CancellationToken cancellationToken) => AcceptAsync(stream, isOfANode: true, cancellationToken);

    private async Task<Stream> AcceptAsync(Stream stream, bool isOfANode, CancellationToken cancellationToken)
    {
        // A session that is taken up again saves little, and its tickets would look like an answer that nobody has asked for.
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = Current, AllowTlsResume = false, ClientCertificateRequired = isOfANode, RemoteCertificateValidationCallback = isOfANode ? IsOfANode : null,
        };
        return await ShakeHandsAsync(new SslStream(stream), (tls, bounded) => tls.AuthenticateAsServerAsync(options, bounded), cancellationToken);
    }

    private bool IsOfANode(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is X509Certificate2 certificate && IsOf(Look().Authority, certificate);

    private static bool IsOf(X509Certificate2Collection authority, X509Certificate2 shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authority);
        return chain.Build(shown);
    }

    private static async Task<Stream> ShakeHandsAsync(SslStream tls, Func<SslStream, CancellationToken, Task> shakeHands, CancellationToken cancellationToken)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(HandshakeMax);
        try
        {
            await shakeHands(tls, bounded.Token);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            throw e is AuthenticationException or OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new IOException($"no TLS: {(e.InnerException ?? e).Message}", e)
                : e;
        }
    }

    // Of files that are being replaced one may be the old one still: then the next look finds them.
    private (X509Certificate2 Certificate, X509Certificate2Collection Authority) Look()
    {
        lock (_lock)
        {
            if (_clock.GetElapsedTime(_lookedAt) < LookInterval)
                return (_current, _authority);
            _lookedAt = _clock.GetTimestamp();
            try
            {
                var written = Written();
                if (written != _written)
                {
                    // Connections that are being made may hold the old one: the collector disposes of it.
                    (_current, _authority) = Read();
                    _written = written;
                    _tell($"{_files.Certificate} was read again; it ends {_current.NotAfter.ToUniversalTime():u}");
                }
            }
            catch (Exception e) when (IsOfTheFiles(e))
            {
                _tell($"{_files.Certificate} or its key or CA has changed and cannot be used, the ones before stay: {e.Message}");
            }
            return (_current, _authority);
        }
    }

    private (X509Certificate2 Certificate, X509Certificate2Collection Authority) Read()
    {
        // More than one while a CA is being replaced.
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(_files.Authority);
        var certificate = X509Certificate2.CreateFromPemFile(_files.Certificate, _files.Key);
        return IsOf(authority, certificate)
            ? (certificate, authority)
            : throw new CryptographicException($"{_files.Certificate} is not valid, or the CA in {_files.Authority} has not made it");
    }

    private (DateTime Certificate, DateTime Key, DateTime Authority) Written() =>
        (File.GetLastWriteTimeUtc(_files.Certificate), File.GetLastWriteTimeUtc(_files.Key), File.GetLastWriteTimeUtc(_files.Authority));

    private static bool IsOfTheFiles(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;
}

/// <summary>The files of a node's TLS, all in PEM.</summary>
/// <param name="Certificate">What the node shows.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Authority">The certificate of the CA of all nodes.</param>
internal sealed record NodeTlsFiles(string Certificate, string Key, string Authority);
