using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mooring.StorageNode.Tls;

namespace Mooring.Tests.Actors.Remoting;

/// <summary>A CA, and the files of the nodes whose certificates it makes.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ca");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly List<NodeTls> _nodes = [];

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=a CA", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(_directory["ca.pem"], _authority.ExportCertificatePem());
    }

    /// <summary>Issues a certificate.</summary>
    /// <returns>Its serial number.</returns>
    public string Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .Create(_authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(_directory[$"{name}.key"], key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_directory[$"{name}.pem"], made.ExportCertificatePem());
        return made.SerialNumber;
    }

    /// <summary>A node's TLS, which looks at its files whenever it is asked.</summary>
    public NodeTls Node(string name)
    {
        Issue(name);
        var node = new NodeTls(new NodeTlsFiles(_directory[$"{name}.pem"], _directory[$"{name}.key"], _directory["ca.pem"]), _ => { }, new Hasty());
        _nodes.Add(node);
        return node;
    }

    /// <summary>Speaks TLS with a node, and believes whatever it shows.</summary>
    public static async Task<SslStream> ConnectAsync(Stream stream, X509Certificate2? shown)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("node", shown is null ? null : [shown], checkCertificateRevocation: false).WaitAsync(ActorSpec.Limit);
        return tls;
    }

    /// <summary>Speaks TLS with a node that has connected, and believes whatever it shows.</summary>
    public static async Task<SslStream> AcceptAsync(Stream stream, X509Certificate2 shown)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsServerAsync(shown, clientCertificateRequired: true, checkCertificateRevocation: false).WaitAsync(ActorSpec.Limit);
        return tls;
    }

    public void Dispose()
    {
        foreach (var node in _nodes)
            node.Dispose();
        _authority.Dispose();
        _key.Dispose();
        _directory.Dispose();
    }

    private sealed class Hasty : TimeProvider
    {
        private long _timestamp;

        public override long GetTimestamp() => Interlocked.Add(ref _timestamp, TimestampFrequency * 60);
    }
}
