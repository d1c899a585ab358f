using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Mooring.Actors;
using Mooring.Actors.Operations;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Palettes;
using Mooring.Storage;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Files;
using Mooring.StorageNode.Http;
using Mooring.StorageNode.Vip;

namespace Mooring.StorageNode;

/// <summary>
/// Runs a node until it is told to stop. A node that the cluster has removed, or that gave itself up because its link to the block store
/// was down, begins anew with a fresh actor system as soon as the block store answers.
/// </summary>
internal static class NodeRuntime
{
    /// <summary>The actor system's name, the same on all nodes.</summary>
    public const string SystemName = "mooring";

    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StoreRetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Runs until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="crashPoints">Where tests stop it dead.</param>
    /// <param name="stop">Leaves the cluster in order and ends.</param>
    /// <returns>Completes when it has left.</returns>
    /// <exception cref="NodeStartException">The first start failed.</exception>
    public static async Task RunAsync(NodeConfiguration configuration, ICrashPoints crashPoints, CancellationToken stop)
    {
        var settings = configuration.Settings;
        var mode = configuration.Text("vip.mode");
        var vip = mode switch
        {
            "loopback" => Endpoint(configuration.Text("vip.address"), settings.HttpAddress, "mooring.vip.address"),
            "none" => null,
            _ => throw new NodeStartException($"mooring.vip.mode = {mode}: expected loopback or none"),
        };
        var http = new GatewaySettings(
            configuration.Whole("http.body-bytes-max"), configuration.Time("http.wait-max"), configuration.Time("http.ask-timeout"),
            configuration.Whole("http.file-client-count-max"), vip?.ToString());

        // The node's own endpoint stays up across incarnations, and tells when the node is not in the cluster.
        MooringCluster? mooring = null;
        var endpoint = Endpoint(configuration.Text("node.address"), settings.HttpAddress, "mooring.node.address");
        using var files = new FileGateway(http, () => Volatile.Read(ref mooring));
        await using var server = await ListenAsync(endpoint, new Gateway(http, () => Volatile.Read(ref mooring), files, onVip: vip is null), http.BodyBytesMax, stop);
        for (var first = true; !stop.IsCancellationRequested; first = false)
        {
            await using var store = new StoreFactory(configuration);
            if (!await WaitForStoreAsync(store, first ? configuration.StartTimeout : Timeout.InfiniteTimeSpan, stop))
                return;
            IVirtualAddress address = vip is null
                ? new NoVirtualAddress(endpoint.ToString())
                : new LoopbackVirtualAddress(vip, new Gateway(http, () => Volatile.Read(ref mooring), files, onVip: true), http.BodyBytesMax);
            using var watchdog = new LeaseWatchdog(address.Release);
            try
            {
                await RunIncarnationAsync(
                    configuration,
                    store,
                    new MooringServices
                    {
                        Settings = settings,
                        Store = store.Provider,
                        VirtualAddress = address,
                        Watchdog = watchdog,
                        ConnectData = DataListener.ConnectAsync,
                        Incarnation = Guid.NewGuid().ToString("N"),
                        CrashPoints = crashPoints,
                    },
                    started => Volatile.Write(ref mooring, started),
                    stop);
            }
            catch (Exception e) when (!first && e is not OutOfMemoryException)
            {
                Say($"this node could not start again: {Reason(e)}");
            }
            catch (Exception e) when (e is not (NodeStartException or OperationCanceledException or OutOfMemoryException))
            {
                throw new NodeStartException(Reason(e), e);
            }
            finally
            {
                Volatile.Write(ref mooring, null);
                address.Release();
            }
            if (!stop.IsCancellationRequested)
            {
                Say("this node is not in the cluster; it begins anew");
                await Task.Delay(RestartPause, CancellationToken.None);
            }
        }
    }

    private static async Task RunIncarnationAsync(
        NodeConfiguration configuration, StoreFactory store, MooringServices services, Action<MooringCluster> started, CancellationToken stop)
    {
        store.CheckJournal();
        var hocon = ConfigurationFactory.ParseString(
            $"""
            akka.remote.dot-netty.tcp.hostname = "{configuration.Text("node.address")}"
            petabridge.cmd.host = "{configuration.Text("node.address")}"
            {store.JournalHocon()}
            """);
        using var system = ActorSystem.Create(SystemName, hocon.WithFallback(configuration.Merged).WithFallback(MooringCluster.DefaultConfig()));
        await store.OpenJournalAsync(system, stop);
        var mooring = MooringCluster.Start(system, services);
        if (configuration.Flag("console.enabled"))
            MooringConsole.Start(system, mooring, configuration.Console);
        await using var data = DataListener.Start(services, mooring.Areas);
        started(mooring);
        Say($"{services.Settings.Node} runs on {configuration.Text("node.address")}");
        await using var leave = stop.Register(() => CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance));
        await system.WhenTerminated;
    }

    private static async Task<bool> WaitForStoreAsync(StoreFactory store, TimeSpan limit, CancellationToken stop)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var problem = "no answer";
        if (limit > TimeSpan.Zero)
            bounded.CancelAfter(limit);
        do
        {
            try
            {
                await using var connection = await store.Provider.ConnectAsync("start", 1, bounded.Token);
                return true;
            }
            catch (BlockStoreException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.TimedOut or ErrorKind.Fenced)
            {
                problem = e.Message;
                if (limit == TimeSpan.Zero)
                    throw new NodeStartException($"the block store cannot be used: {problem}", e);
                Say($"the block store does not answer: {problem}; trying again");
                await Task.Delay(StoreRetryInterval, bounded.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            catch (BlockStoreException e)
            {
                throw new NodeStartException($"the block store refuses: {e.Message}", e);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        while (!bounded.IsCancellationRequested);
        return stop.IsCancellationRequested
            ? false
            : throw new NodeStartException($"the block store was not reached within {limit.TotalSeconds:0} s: {problem}");
    }

    private static async Task<HttpServer> ListenAsync(IPEndPoint endpoint, Gateway gateway, long bodyBytesMax, CancellationToken stop)
    {
        try
        {
            return await HttpServer.StartAsync(endpoint, gateway, bodyBytesMax, Bind, stop);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new NodeStartException($"cannot listen on {endpoint}: {e.GetBaseException().Message}", e);
        }
    }

    private static Socket Bind(EndPoint where)
    {
        var socket = new Socket(where.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(where);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPEndPoint Endpoint(string address, string httpAddress, string key) => IPAddress.TryParse(address, out var ip)
        ? new IPEndPoint(ip, int.Parse(httpAddress[(httpAddress.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture))
        : throw new NodeStartException($"{key} = {address}: expected an IP address");

    private static string Reason(Exception e) =>
        (e is AggregateException several ? several.Flatten().InnerExceptions[0] : e).Message.ReplaceLineEndings(" ");

    private static void Say(string line) => Console.Out.WriteLine($"[{DateTime.UtcNow:HH:mm:ss.fff}] {line}");
}
