using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Cli;

/// <summary><c>mooring cluster init</c>: what nodes need to be reached by TLS, and the first token, made on the machine of whoever sets the cluster up.</summary>
internal static class ClusterCommands
{
    private const string CaName = "ca";
    private const string FirstToken = "admin";
    private const int SerialBytes = 16;
    private const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan CaValidFor = TimeSpan.FromDays(3650), ClocksDiffer = TimeSpan.FromHours(1);

    public static Command Create() => new("cluster", "Set a cluster up.") { Init() };

    private static Command Init()
    {
        var folder = new Argument<string>("directory") { Description = "Where the files are put. With a CA in it, certificates are made of that one: to add nodes, or to renew." };
        var nodes = new Option<string[]>("--node") { Description = "A node, NAME=ADDRESS; several times.", Required = true };
        var vips = new Option<string[]>("--vip") { Description = "The virtual IP; several times for several addresses.", DefaultValueFactory = _ => [] };
        var days = new Option<int>("--days") { Description = "For how long the nodes' certificates are valid.", DefaultValueFactory = _ => 365 };
        var where = new StoreOptions();
        return Commands.Alone(
            "init", "Make a CA and a certificate for each node; with --data or --ceph-conf an admin's token, too, in the block store itself.",
            [folder], [nodes, vips, days, .. where.All], async (parsed, output) =>
        {
            var there = Directory.CreateDirectory(parsed.GetValue(folder)!).FullName;
            if (parsed.GetValue(days) is < 1 or > 3650)
                throw new UsageException($"{parsed.GetValue(days)} days are not between 1 and 3650");
            var names = parsed.GetValue(nodes)!.Select(Named).ToList();
            using var ca = Authority(there);
            foreach (var (name, address) in names)
                Issue(there, ca, name, [address, .. parsed.GetValue(vips)!], TimeSpan.FromDays(parsed.GetValue(days)));
            var token = where.AreGiven(parsed) ? Path.Combine(there, FirstToken + ".token") : null;
            if (token is not null)
                await where.UseAsync(parsed, "tokens", store => AdmitAsync(store, token));
            output.Value(there, HttpJson.Default.String, _ =>
            {
                Console.WriteLine($"{there} has a certificate and a key for each node. Keep {CaName}.key to yourself: who has it can be any node.");
                Console.WriteLine($"each node:   mooring.tls {{ certificate = NAME.pem, key = NAME.key, authority = {CaName}.pem }}, where you have put them");
                Console.WriteLine($"each client: MOORING_CA={Path.Combine(there, CaName + ".pem")}");
                if (token is not null)
                    Console.WriteLine($"you:         MOORING_TOKEN_FILE={token}, on nodes with mooring.http.tokens = on");
            });
            return ExitStatus.Done;
        });
    }

    // The file first, so that there is no token that nobody has; what it holds is made known again to a store that was made anew.
    private static async Task<int> AdmitAsync(IBlockStore store, string file)
    {
        var there = File.Exists(file);
        if (!there)
        {
            if (await ClientTokens.FindAsync(store, FirstToken, CancellationToken.None) is not null)
                throw new UsageException($"there is a token '{FirstToken}', and {file} is not: put it there, or end it with 'mooring token revoke {FirstToken}'");
            WriteFile(file, ClientToken.Make(FirstToken, ClientRole.Admin, [], DateTimeOffset.UtcNow, null).Text, Mine);
        }
        if (!ClientToken.TryRead((await File.ReadAllTextAsync(file)).Trim(), out var name, out var secret))
            throw new UsageException($"{file} does not hold a token");
        await ClientTokens.AddAsync(store, ClientToken.Of(name, secret, ClientRole.Admin, [], DateTimeOffset.UtcNow, null), CancellationToken.None);
        if (await ClientTokens.FindAsync(store, name, CancellationToken.None) is not { } kept || !kept.IsShownBy(secret, DateTimeOffset.UtcNow))
            throw new UsageException($"the token '{name}' of the store is not the one in {file}");
        return ExitStatus.Done;
    }

    private static (string Name, string Address) Named(string text)
    {
        var parts = text.Split('=', 2);
        return parts.Length == 2 && NodeName.TryParse(parts[0], out _, out _) && parts[0] != CaName && parts[1].Length > 0
            ? (parts[0], parts[1])
            : throw new UsageException($"node '{text}' is not NAME=ADDRESS");
    }

    private static X509Certificate2 Authority(string folder)
    {
        var (certificate, key) = (Path.Combine(folder, CaName + ".pem"), Path.Combine(folder, CaName + ".key"));
        if (File.Exists(certificate))
            return X509Certificate2.CreateFromPemFile(certificate, key);
        if (File.Exists(key))
            throw new UsageException($"{key} is there and {certificate} is not: put the CA's certificate back, or take its key away");
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Mooring CA", made, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var ca = request.CreateSelfSigned(DateTimeOffset.UtcNow - ClocksDiffer, DateTimeOffset.UtcNow + CaValidFor);
        Write(folder, CaName, ca, made);
        return ca;
    }

    private static void Issue(string folder, X509Certificate2 ca, string name, IReadOnlyList<string> addresses, TimeSpan validFor)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var also = new SubjectAlternativeNameBuilder();
        foreach (var address in addresses)
        {
            if (IPAddress.TryParse(address, out var ip))
                also.AddIpAddress(ip);
            else
                also.AddDnsName(address);
        }
        request.CertificateExtensions.Add(also.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // TLS Web server and client authentication (RFC 5280, 4.2.1.12).
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        var until = DateTimeOffset.UtcNow + validFor;
        using var made = request.Create(ca, DateTimeOffset.UtcNow - ClocksDiffer, until < ca.NotAfter ? until : ca.NotAfter, RandomNumberGenerator.GetBytes(SerialBytes));
        Write(folder, name, made, key);
    }

    // The key first, and each by one rename: a node that reads them meanwhile finds whole files.
    private static void Write(string folder, string name, X509Certificate2 certificate, ECDsa key)
    {
        WriteFile(Path.Combine(folder, name + ".key"), key.ExportPkcs8PrivateKeyPem(), Mine);
        WriteFile(Path.Combine(folder, name + ".pem"), certificate.ExportCertificatePem(), Mine | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void WriteFile(string path, string text, UnixFileMode mode)
    {
        var made = path + ".new";
        File.Delete(made);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // Never readable by others, not even for a moment.
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using (var file = new FileStream(made, options))
            file.Write(Encoding.ASCII.GetBytes(text + "\n"));
        File.Move(made, path, overwrite: true);
    }
}
