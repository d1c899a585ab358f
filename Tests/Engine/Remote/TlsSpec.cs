using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Certificate files as an operator makes them: two authorities that know nothing of each other.</summary>
public sealed class CertificateFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tls-").FullName;

    public CertificateFiles()
    {
        using var ours = Authority("CN=ours");
        using var theirs = Authority("CN=theirs");
        Write("node", ours, IPAddress.Loopback, DateTimeOffset.UtcNow.AddDays(1));
        Write("elsewhere", ours, IPAddress.Parse("127.0.0.99"), DateTimeOffset.UtcNow.AddDays(1));
        Write("expired", ours, IPAddress.Loopback, DateTimeOffset.UtcNow.AddDays(-1));
        Write("stranger", theirs, IPAddress.Loopback, DateTimeOffset.UtcNow.AddDays(1));
    }

    public string Hocon(string name, bool mutual = false, bool suppress = false, string password = "secret") => $$"""
        akka.remote.dot-netty.tcp {
          enable-ssl = on
          ssl {
            certificate { path = "{{Path.Combine(_folder, name + ".pfx")}}", password = "{{password}}" }
            suppress-validation = {{(suppress ? "on" : "off")}}
            require-mutual-authentication = {{(mutual ? "on" : "off")}}
          }
        }
        """;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static X509Certificate2 Authority(string name)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    private void Write(string name, X509Certificate2 issuer, IPAddress address, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(-5), until, RandomNumberGenerator.GetBytes(8));
        using var own = certificate.CopyWithPrivateKey(key);
        using var publicIssuer = X509CertificateLoader.LoadCertificate(issuer.RawData);
        var file = new X509Certificate2Collection { own, publicIssuer }.Export(X509ContentType.Pkcs12, "secret");
        File.WriteAllBytes(Path.Combine(_folder, name + ".pfx"), file!);
    }
}

/// <summary>Remoting with TLS: who is let in, and what is said about who is not.</summary>
public abstract class TlsSpecBase(ITestOutputHelper output, CertificateFiles files, bool mutual) : RemotingTestKit(output, files.Hocon("node", mutual))
{
    protected CertificateFiles Files { get; } = files;

    protected async Task Talks(ActorSystem right)
    {
        Assert.Equal("akka.ssl.tcp", AddressOf(right).Protocol);
        var there = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        for (var i = 0; i < 20; i++)
            Assert.Equal(i, await there.Ask<int>(i, Limit));
        var here = SeenFrom(right, Sys, Sys.ActorOf(Props.Create<Echo>()));
        Assert.Equal(100_000, (await here.Ask<byte[]>(new byte[100_000], Limit)).Length);
    }

    /// <summary>What the first system says when it cannot connect to the other one.</summary>
    protected string WhyNotTo(ActorSystem right)
    {
        var errors = EventsOf<AssociationErrorEvent>();
        SeenFromLeft(right, right.ActorOf(Props.Create<Echo>())).Tell("unheard");
        return errors.ExpectMsg<AssociationErrorEvent>(Limit).Cause.Message;
    }
}

public sealed class TlsSpec(ITestOutputHelper output, CertificateFiles files) : TlsSpecBase(output, files, mutual: false), IClassFixture<CertificateFiles>
{
    [Fact]
    public Task Nodes_with_certificates_of_one_authority_talk() => Talks(Another(hocon: Files.Hocon("node")));

    [Fact]
    public void A_node_of_another_authority_is_not_connected_to()
    {
        var why = WhyNotTo(Another(hocon: Files.Hocon("stranger")));
        Assert.Matches(@"^TLS: the certificate \[CN=stranger\] is refused: .*(UntrustedRoot|PartialChain)", why);
        Assert.DoesNotContain('\n', why);
    }

    [Fact]
    public void A_certificate_for_another_host_is_refused() =>
        Assert.Equal("TLS: the certificate [CN=elsewhere] is refused: it is not for this host", WhyNotTo(Another(hocon: Files.Hocon("elsewhere"))));

    [Fact]
    public void A_certificate_that_has_run_out_is_refused() =>
        Assert.Contains("[CN=expired] is refused: NotTimeValid", WhyNotTo(Another(hocon: Files.Hocon("expired"))), StringComparison.Ordinal);

    [Fact]
    public async Task Validation_can_be_suppressed()
    {
        var right = Another(hocon: Files.Hocon("stranger", suppress: true));
        var here = SeenFrom(right, Sys, Sys.ActorOf(Props.Create<Echo>()));
        Assert.Equal("accepted", await here.Ask<string>("accepted", Limit));
    }

    [Fact]
    public async Task Whoever_does_not_speak_TLS_is_turned_away_with_one_line()
    {
        var warnings = EventsOf<Warning>();
        using var stranger = new TcpClient();
        await stranger.ConnectAsync(LeftAddress.Host!, LeftAddress.Port!.Value);
        await stranger.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        var warning = warnings.ExpectMsg<Warning>(Limit).Message.ToString()!;
        Assert.Matches(@"^Connection from \[.*127\.0\.0\.1.*\] is refused\. TLS handshake failed: ", warning);
        Assert.DoesNotContain('\n', warning);
        await Talks(Another(hocon: Files.Hocon("node")));
    }

    [Fact]
    public void Without_a_readable_certificate_the_system_does_not_start()
    {
        Assert.Contains("certificate.path is required", Refusal("akka.remote.dot-netty.tcp.enable-ssl = on"), StringComparison.Ordinal);
        Assert.Contains("cannot read '/nowhere/x.pfx'", Refusal(Files.Hocon("/nowhere/x")), StringComparison.Ordinal);
        Assert.Contains("cannot read", Refusal(Files.Hocon("node", password: "wrong")), StringComparison.Ordinal);
    }

    private string Refusal(string hocon)
    {
        var failure = Assert.ThrowsAny<Exception>(() => Another("refused", hocon: hocon));
        while (failure is not ConfigurationException && failure.InnerException is { } inner)
            failure = inner;
        return Assert.IsType<ConfigurationException>(failure).Message;
    }
}

public sealed class MutualTlsSpec(ITestOutputHelper output, CertificateFiles files) : TlsSpecBase(output, files, mutual: true), IClassFixture<CertificateFiles>
{
    [Fact]
    public Task Nodes_that_both_show_a_certificate_of_the_authority_talk() => Talks(Another(hocon: Files.Hocon("node", mutual: true)));

    [Fact]
    public void A_node_without_a_certificate_to_show_is_refused_with_one_line()
    {
        var warning = RefusedBy(Another(hocon: Files.Hocon("node", mutual: false)));
        Assert.Matches(@"^Connection from \[.*\] is refused\. TLS: the certificate \[\] is refused: there is none", warning);
        Assert.DoesNotContain('\n', warning);
    }

    [Fact]
    public void A_node_that_shows_a_certificate_of_another_authority_is_refused_with_one_line()
    {
        var warning = RefusedBy(Another(hocon: Files.Hocon("stranger", mutual: true, suppress: true)));
        Assert.Matches(@"TLS: the certificate \[CN=stranger\] is refused: .*(UntrustedRoot|PartialChain)", warning);
    }

    /// <summary>What the first system says when the other one connects to it.</summary>
    private string RefusedBy(ActorSystem right)
    {
        var warnings = EventsOf<Warning>();
        SeenFrom(right, Sys, Sys.ActorOf(Props.Create<Echo>())).Tell("unheard");
        return warnings.FishForMessage<Warning>(w => w.Message.ToString()!.StartsWith("Connection from", StringComparison.Ordinal), Limit).Message.ToString()!;
    }
}
