using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Mooring.Actors;
using Mooring.Actors.Hosting;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Consoles;
using Mooring.StorageNode.Files;
using Mooring.StorageNode.Http;
using Mooring.StorageNode.Http.Access;
using Mooring.StorageNode.Http.Audit;
using Mooring.StorageNode.Journal;
using Mooring.StorageNode.Tls;
using Mooring.StorageNode.Vip;
using Mooring.StorageNode.Vip.Linux;

namespace Mooring.StorageNode;

/// <summary>
/// A storage node as a generic host: Akka.NET with Mooring in it, and one web server for the node's own address and the virtual IP. A node that
/// must begin anew (removed from the cluster, fenced, its link to the block store lost) ends its process; the service manager starts it again.
/// </summary>
internal static class NodeHost
{
    /// <summary>The actor system's name, the same on all nodes.</summary>
    public const string SystemName = "mooring";

    /// <summary>Ended for a reason that may be over when it is started again: EX_TEMPFAIL of sysexits.h.</summary>
    public const int BeginAnew = 75;

    private static readonly TimeSpan StoreRetryInterval = TimeSpan.FromSeconds(1);

    // Longer than the phases of Akka.NET's coordinated shutdown take together, shorter than systemd waits (90 s).
    private static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(45);

    /// <summary>Runs a node until it is told to stop, or must begin anew.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="crashPoints">Where tests stop it dead.</param>
    /// <returns>The exit status: 0 when it was told to stop, <see cref="BeginAnew"/> otherwise.</returns>
    /// <exception cref="NodeStartException">It cannot start.</exception>
    public static async Task<int> RunAsync(NodeConfiguration configuration, ICrashPoints crashPoints)
    {
        var settings = configuration.Settings;
        var endpoint = Endpoint(configuration.Text("node.address"), settings.HttpAddress, "mooring.node.address");
        var mode = configuration.Text("vip.mode");
        IReadOnlyList<IPEndPoint> vips = mode switch
        {
            "linux" =>
            [
                Endpoint(configuration.Text("vip.address"), settings.HttpAddress, "mooring.vip.address"),
                .. configuration.Texts("vip.more-addresses").Select(more => Endpoint(more, settings.HttpAddress, "mooring.vip.more-addresses")),
            ],
            "loopback" => [Endpoint(configuration.Text("vip.address"), settings.HttpAddress, "mooring.vip.address")],
            "none" => [],
            _ => throw new NodeStartException($"mooring.vip.mode = {mode}: expected linux, loopback or none"),
        };
        using var tls = TlsOf(configuration);
        using var listening = Listen(endpoint);
        await using var store = new StoreFactory(configuration);
        if (await WaitForStoreAsync(store.Provider, configuration.StartTimeout) is { } unreachable)
        {
            Console.Error.WriteLine($"mooringd: {unreachable}");
            return BeginAnew;
        }
        await using var journal = await NodeJournal.OpenAsync(configuration, store.Provider, CancellationToken.None);

        var virtualListener = new VirtualListener(new VirtualEndPoint(vips.Count > 0 ? vips[0] : endpoint));
        using var linux = mode == "linux" ? LinuxVirtualAddress.Open(LinuxOptions(configuration, vips), virtualListener, Tell) : null;
        IVirtualAddress address = vips.Count == 0 ? new NoVirtualAddress(endpoint.ToString()) : linux is null ? new LoopbackVirtualAddress(vips[0], virtualListener) : linux;
        using var keeper = new LeaseKeeper(settings, address.Release, linux is null ? null : linux.HoldUntil);
        var services = new MooringServices
        {
            Settings = settings,
            Store = store.Provider,
            VirtualAddress = address,
            LeaseKeeper = keeper,
            ConnectData = (address, cancellationToken) => DataListener.ConnectAsync(address, tls, cancellationToken),
            Seeds = Seeds(configuration),
            Incarnation = Guid.NewGuid().ToString("N"),
            CrashPoints = crashPoints,
            Uploads = new Uploads(settings.ContentWaitMax, TimeProvider.System, settings.ContentCountMax),
        };
        await using var app = Build(configuration, services, journal, listening, vips, virtualListener, tls);
        try
        {
            var presence = app.Services.GetRequiredService<NodePresence>();
            await app.RunAsync();
            return presence.EndedByItself ? BeginAnew : 0;
        }
        catch (Exception e) when (e is not (NodeStartException or OutOfMemoryException))
        {
            throw new NodeStartException((e is AggregateException several ? several.Flatten().InnerExceptions[0] : e).Message.ReplaceLineEndings(" "), e);
        }
    }

    private static WebApplication Build(
        NodeConfiguration configuration, MooringServices services, NodeJournal journal, Socket listening, IReadOnlyList<IPEndPoint> vips, VirtualListener virtualListener, NodeTls? tls)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownMax);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            // Who has no token could fill the disk.
            .AddFilter(typeof(TokenHandler).FullName, LogLevel.Warning)
            .AddConsole(console => console.FormatterName = NodeConsoleFormatter.FormatterName)
            .AddConsoleFormatter<NodeConsoleFormatter, ConsoleFormatterOptions>();

        var hocon = ConfigurationFactory.ParseString(
            $"""
            akka.remote.dot-netty.tcp.hostname = "{configuration.Text("node.address")}"
            petabridge.cmd.host = "{configuration.Text("node.address")}"
            {journal.Hocon}
            """).WithFallback(configuration.Merged);
        builder.Services.AddAkka(SystemName, akka =>
        {
            foreach (var setup in journal.Setups)
                akka.AddSetup(setup);
            if (tls is not null && configuration.Flag("tls.between-nodes"))
                akka.AddSetup(tls.Remoting);
            akka.AddHocon(hocon, HoconAddMode.Prepend)
                .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory())
                .WithActors((system, _) => journal.Register(system))
                .WithMooring(services);
        });
        builder.Services.AddSingleton(provider => MooringCluster.Get(provider.GetRequiredService<ActorSystem>()));
        builder.Services.AddSingleton(provider => new NodePresence(
            provider.GetRequiredService<ActorSystem>(), services, configuration, tls,
            new ConsoleGate(services.Settings.Node, tls, provider.GetService<Doorkeeper>(), provider.GetService<AuditLog>()),
            provider.GetRequiredService<ILogger<NodePresence>>()));
        builder.Services.AddHostedService(provider => provider.GetRequiredService<NodePresence>());
        builder.Services.AddHealthChecks().AddMooring();

        var http = new GatewaySettings(
            configuration.Whole("http.body-bytes-max"), configuration.Time("http.wait-max"), configuration.Time("http.ask-timeout"),
            configuration.Whole("http.file-client-count-max"), configuration.Whole("http.export-count-max"), vips, tls is null ? "http" : "https",
            configuration.TextOrEmpty("tls.authority") is { Length: > 0 } authority ? authority : null);
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => listening);
        builder.Services.AddSingleton<Microsoft.AspNetCore.Connections.IConnectionListenerFactory>(virtualListener);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = http.BodyBytesMax;
            // The longest names, each byte of them escaped.
            kestrel.Limits.MaxRequestLineSize = 3 * (VolumeId.PoolBytesMax + VolumeId.ImageBytesMax + VolumeId.NamespaceBytesMax) + (8 << 10);
            kestrel.Limits.MaxRequestHeadersTotalSize = Math.Max(kestrel.Limits.MaxRequestHeadersTotalSize, kestrel.Limits.MaxRequestLineSize);
            kestrel.Listen((IPEndPoint)listening.LocalEndPoint!, Secure);
            if (vips.Count > 0)
                kestrel.Listen(virtualListener.EndPoint, Secure);

            void Secure(ListenOptions listen)
            {
                if (tls is not null)
                    listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => tls.Current);
            }
        });
        builder.Services.AddRoutingCore();
        var asksForTokens = configuration.Flag("http.tokens");
        if (asksForTokens)
            AccessControl.Add(builder.Services, configuration.Time("http.token-refresh-interval"));
        var isAudited = configuration.Flag("audit.enabled");
        if (isAudited)
        {
            builder.Services.AddSingleton(provider => new AuditLog(
                (IEventLogProvider)services.Store, new AuditSettings(configuration.Time("audit.keep"), configuration.TextOrEmpty("audit.file")), TimeProvider.System,
                provider.GetRequiredService<ILogger<AuditLog>>()));
            builder.Services.AddHostedService(provider => provider.GetRequiredService<AuditLog>());
        }
        builder.Services.AddSingleton(provider => new FileGateway(http, () => provider.GetRequiredService<MooringCluster>()));
        List<MountPoint> mounts = [.. configuration.Texts("files.mounts").Select(MountPoint.Parse)];
        if (mounts.Count > 0)
        {
            builder.Services.AddHostedService(provider => new MountHost(
                mounts,
                name => FileGateway.Open(name, http, () => provider.GetRequiredService<MooringCluster>(), configuration.Time("files.mount-timeout")),
                provider.GetRequiredService<ILogger<MountHost>>()));
        }

        var app = builder.Build();
        app.UseStatusCodePages(context => Problems.Of(context.HttpContext.Response).ExecuteAsync(context.HttpContext));
        if (asksForTokens)
            app.UseAuthentication();
        if (isAudited)
            app.UseMiddleware<AuditedRequests>(services.Settings.Node, asksForTokens, http.BodyBytesMax);
        if (asksForTokens)
        {
            app.UseAuthorization();
            ActivatorUtilities.CreateInstance<TokenGateway>(app.Services, () => app.Services.GetRequiredService<MooringCluster>()).Map(app);
        }
        app.Use(Preconditions.RefuseUnheededAsync);
        new Gateway(http, () => app.Services.GetRequiredService<MooringCluster>(), app.Services.GetRequiredService<FileGateway>()).Map(app);
        new FileKeysGateway(services, () => app.Services.GetRequiredService<MooringCluster>()).Map(app);
        AuditGateway.Map(app, app.Services.GetService<AuditLog>());
        new ContentGateway(http, () => app.Services.GetRequiredService<MooringCluster>()).Map(app);
        return app;
    }

    private static NodeTls? TlsOf(NodeConfiguration configuration)
    {
        var files = new NodeTlsFiles(configuration.TextOrEmpty("tls.certificate"), configuration.TextOrEmpty("tls.key"), configuration.TextOrEmpty("tls.authority"));
        return files switch
        {
            { Certificate: "", Key: "", Authority: "" } => null,
            { Certificate: not "", Key: not "", Authority: not "" } => new NodeTls(files, Tell, TimeProvider.System),
            _ => throw new NodeStartException("mooring.tls: give all of certificate, key and authority, or none"),
        };
    }

    // Null when it answers; why not when it did not within the time.
    private static async Task<string?> WaitForStoreAsync(IBlockStoreProvider store, TimeSpan limit)
    {
        using var bounded = new CancellationTokenSource();
        if (limit > TimeSpan.Zero)
            bounded.CancelAfter(limit);
        var problem = "no answer";
        while (!bounded.IsCancellationRequested)
        {
            try
            {
                await using var connection = await store.ConnectAsync("start", 1, bounded.Token);
                return null;
            }
            catch (BlockStoreException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.TimedOut or ErrorKind.Fenced && limit > TimeSpan.Zero)
            {
                problem = e.Message;
                Tell($"the block store does not answer: {problem}; trying again");
                await Task.Delay(StoreRetryInterval, bounded.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            catch (BlockStoreException e)
            {
                throw new NodeStartException($"the block store cannot be used: {e.Message}", e);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        return $"the block store was not reached within {limit.TotalSeconds:0} s: {problem}";
    }

    private static void Tell(string line) => Console.Out.WriteLine($"mooringd: {line}");

    private static LinuxAddressOptions LinuxOptions(NodeConfiguration configuration, IReadOnlyList<IPEndPoint> vips) => new()
    {
        Endpoints = vips,
        Interface = configuration.TextOrEmpty("vip.interface"),
        PrefixLength = configuration.Whole("vip.prefix-length"),
        TakeoverProbe = configuration.Time("vip.takeover-probe"),
        Nodes = [.. Seeds(configuration).Select(seed => IPAddress.TryParse(seed.Host, out var ip) ? ip : null).OfType<IPAddress>()],
    };

    private static List<Address> Seeds(NodeConfiguration configuration)
    {
        var own = $"{configuration.Text("node.address")}:{configuration.Merged.GetInt("akka.remote.dot-netty.tcp.port")}";
        var seeds = configuration.Texts("node.seeds");
        return [.. (seeds.Count > 0 ? seeds : [own]).Select(seed => Address.TryParse($"akka.tcp://{SystemName}@{seed}", out var address) && address.Port is not null
            ? address
            : throw new NodeStartException($"mooring.node.seeds: '{seed}' is not host:port"))];
    }

    // Before anything else is started: a node that cannot be reached must not join a cluster.
    private static Socket Listen(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new NodeStartException($"cannot listen on {endpoint}: {e.Message}", e);
        }
    }

    private static IPEndPoint Endpoint(string address, string httpAddress, string key) => IPAddress.TryParse(address, out var ip)
        ? new IPEndPoint(ip, int.Parse(httpAddress[(httpAddress.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture))
        : throw new NodeStartException($"{key} = {address}: expected an IP address");
}
