using System.Diagnostics;
using System.Text.RegularExpressions;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>A throw-away Ceph that all tests of the run share. Connections come from providers of their own, as from several processes.</summary>
public sealed partial class CephFixture : IStoreFixture, IAsyncLifetime
{
    private readonly string _directory = WorkDirectory.Create("mooring-ceph-");
    private CephSandbox? _sandbox;

    public string Pool => "rbd";

    public string OtherPool => "other";

    public long LongCopyBytes => 512 << 20;

    public TimeSpan Limit => TimeSpan.FromSeconds(10);

    /// <summary>The options that the tests use; copies go piece by piece, so that a test can step in.</summary>
    public CephStoreOptions Options => new() { ConfigFile = Sandbox.ConfPath, CopyRequestsMax = 1 };

    public CephSandbox Sandbox => _sandbox ?? throw new InvalidOperationException("Ceph is not running: " + CephSandbox.WhyNot);

    public async Task InitializeAsync()
    {
        // The tests are skipped with this reason.
        if (CephSandbox.WhyNot is not null)
            return;
        _sandbox = await CephSandbox.StartAsync(new CephSandboxOptions
        {
            Directory = Path.Combine(_directory, "ceph"), Pools = [Pool, OtherPool], CollectingTime = TimeSpan.FromMilliseconds(50),
        });
    }

    public async Task DisposeAsync()
    {
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public Task<IBlockStore> ConnectAsync(string purpose = "test", int slots = 4, bool longCopies = false) => new CephStoreProvider(Options).ConnectAsync(purpose, slots, default);

    public Task<IEventLogConnection> OpenEventLogAsync() => new CephStoreProvider(Options).OpenEventLogAsync("journal", default);

    /// <summary>Stops the OSDs from running, as if the network to them were gone, until the result is disposed.</summary>
    public Task<IAsyncDisposable> PauseOsdsAsync() => Sandbox.PauseOsdsAsync();

    /// <summary>Starts one of Ceph's own programs on this cluster.</summary>
    public Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, ["-c", Sandbox.ConfPath, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>The client that an error names as being in the way.</summary>
    public static FenceAddress ClientIn(OperationError busy) => new(ClientAddress().Match(busy.Detail).Groups[1].Value);

    /// <summary>Does something, and fences whatever dead client is in the way.</summary>
    public static async Task PastDeadClientAsync(IBlockStore store, Func<Task> act)
    {
        for (var left = 3; ; left--)
        {
            try
            {
                await act();
                return;
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.Busy && left > 0)
            {
                await store.FenceAsync(ClientIn(e.Error), TimeSpan.FromHours(1), default);
            }
        }
    }

    [GeneratedRegex(@" at ([^ ,]+/\d+)")]
    private static partial Regex ClientAddress();

    /// <summary>Runs one of Ceph's own programs; it must succeed.</summary>
    public Task<string> RunAsync(string program, params string[] arguments) => Sandbox.RunAsync(program, arguments);
}

/// <summary>Tests that share the Ceph of the run.</summary>
[CollectionDefinition(Name)]
public sealed class CephCollection : ICollectionFixture<CephFixture>
{
    public const string Name = "ceph";
}

/// <summary>Skips a class where Ceph cannot run.</summary>
public sealed class NeedsCephAttribute : AvailabilityAttribute
{
    public override string? SkipReason => CephSandbox.WhyNot;
}
