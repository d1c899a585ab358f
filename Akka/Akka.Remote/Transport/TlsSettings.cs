using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;

namespace Akka.Remote.Transport.DotNetty;

/// <summary>
/// TLS as <c>enable-ssl</c> and <c>ssl</c> of the transport's section say. A certificate is valid when the machine trusts its issuer, or
/// when the file of the node's own certificate also holds the issuer's: a network of its own needs no more than these files.
/// </summary>
internal sealed class TlsSettings
{
    private readonly X509Certificate2 _own;
    private readonly X509Certificate2Collection _issuers;
    private readonly bool _suppressValidation;
    private readonly bool _mutual;

    private TlsSettings(X509Certificate2 own, X509Certificate2Collection issuers, bool suppressValidation, bool mutual)
    {
        _own = own;
        _issuers = issuers;
        _suppressValidation = suppressValidation;
        _mutual = mutual;
    }

    /// <summary>Null when TLS is off.</summary>
    /// <exception cref="ConfigurationException">TLS is on and there is no usable certificate with a private key.</exception>
    public static TlsSettings? Create(Config config)
    {
        if (!config.GetBoolean("enable-ssl", false))
            return null;
        var useStore = config.GetBoolean("ssl.certificate.use-thumbprint-over-file", false);
        var certificates = useStore ? FromStore(config) : FromFile(config);
        var own = certificates.FirstOrDefault(c => c.HasPrivateKey)
            ?? throw new ConfigurationException("akka.remote.dot-netty.tcp.ssl.certificate: there is no certificate with a private key");
        var issuers = new X509Certificate2Collection(certificates.Where(c => c != own).ToArray());
        return new TlsSettings(
            own, issuers, config.GetBoolean("ssl.suppress-validation", false), config.GetBoolean("ssl.require-mutual-authentication", false));
    }

    /// <exception cref="RemoteTransportException">The other side, or its certificate, is not accepted; the message is one line.</exception>
    public async Task<SslStream> AuthenticateAsClient(Stream stream, string host, CancellationToken cancellation)
    {
        string? refused = null;
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host.Trim('[', ']'),
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsAccepted(certificate, errors, ref refused),
        };
        if (_mutual)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(_own, _issuers, offline: true);
        await Handshake(tls, () => tls.AuthenticateAsClientAsync(options, cancellation), () => refused).ConfigureAwait(false);
        return tls;
    }

    /// <exception cref="RemoteTransportException">The other side, or its certificate, is not accepted; the message is one line.</exception>
    public async Task<SslStream> AuthenticateAsServer(Stream stream, CancellationToken cancellation)
    {
        string? refused = null;
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(_own, _issuers, offline: true),
            ClientCertificateRequired = _mutual,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => !_mutual || IsAccepted(certificate, errors, ref refused),
        };
        await Handshake(tls, () => tls.AuthenticateAsServerAsync(options, cancellation), () => refused).ConfigureAwait(false);
        return tls;
    }

    private static async Task Handshake(SslStream tls, Func<Task> authenticate, Func<string?> refused)
    {
        try
        {
            await authenticate().ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is AuthenticationException or IOException or SocketException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new RemoteTransportException(refused() ?? $"TLS handshake failed: {Innermost(cause)}", cause);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static string Innermost(Exception cause)
    {
        while (cause.InnerException is { } inner)
            cause = inner;
        return cause.Message.ReplaceLineEndings(" ");
    }

    private static X509Certificate2Collection FromFile(Config config)
    {
        var path = config.GetString("ssl.certificate.path", "") ?? "";
        if (path.Length == 0)
            throw new ConfigurationException("akka.remote.dot-netty.tcp.ssl.certificate.path is required when enable-ssl is on");
        try
        {
            return X509CertificateLoader.LoadPkcs12CollectionFromFile(path, config.GetString("ssl.certificate.password", ""));
        }
        catch (Exception cause) when (cause is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"akka.remote.dot-netty.tcp.ssl.certificate: cannot read '{path}': {cause.Message}", cause);
        }
    }

    private static X509Certificate2Collection FromStore(Config config)
    {
        var location = config.GetString("ssl.certificate.store-location", "current-user") == "local-machine" ? StoreLocation.LocalMachine : StoreLocation.CurrentUser;
        var thumbprint = config.GetString("ssl.certificate.thumbprint", "") ?? "";
        using var store = new X509Store(config.GetString("ssl.certificate.store-name", "My"), location);
        store.Open(OpenFlags.ReadOnly);
        var found = store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: !config.GetBoolean("ssl.suppress-validation", false));
        return found.Count > 0
            ? found
            : throw new ConfigurationException($"akka.remote.dot-netty.tcp.ssl.certificate: no certificate with thumbprint '{thumbprint}' in the store");
    }

    private bool IsAccepted(X509Certificate? certificate, SslPolicyErrors errors, ref string? refused)
    {
        if (_suppressValidation)
            return true;
        var reason = certificate is null ? "there is none" : WhyInvalid(certificate, errors);
        if (reason is null)
            return true;
        refused = $"TLS: the certificate [{certificate?.Subject}] is refused: {reason}";
        return false;
    }

    private string? WhyInvalid(X509Certificate certificate, SslPolicyErrors errors)
    {
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            return "it is not for this host";
        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0)
            return null;
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (_issuers.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(_issuers);
        }
        using var peer = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(peer) ? null : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
    }
}
