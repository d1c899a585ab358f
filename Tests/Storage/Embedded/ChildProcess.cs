using System.Diagnostics;
using Mooring.Harness;
using Mooring.Messages;

namespace Mooring.Tests.Storage.Embedded;

/// <summary>Another process that works on the same embedded store.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private ChildProcess(Process process, ProcessIdentity identity, FenceAddress address)
    {
        _process = process;
        Identity = identity;
        Address = address;
    }

    /// <summary>To kill or stop it.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>The address of its connection.</summary>
    public FenceAddress Address { get; }

    /// <summary>Starts it and waits until it is in the middle of its work, which it goes on with.</summary>
    public static Task<ChildProcess> BeginAsync(string directory, params string[] work) => StartAsync(directory, "-", work);

    /// <summary>Starts it and waits until it has come to a step (see <c>EmbeddedStoreOptions.Step</c>) for the so-many-th time and sleeps there.</summary>
    public static Task<ChildProcess> SleepAtAsync(string directory, string step, params string[] work) => StartAsync(directory, step, work);

    /// <summary>Lets it go on from the step at which it sleeps.</summary>
    public void Wake()
    {
        _process.StandardInput.WriteLine();
        _process.StandardInput.Flush();
    }

    private static async Task<ChildProcess> StartAsync(string directory, string step, string[] work)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Mooring.Tests.Storage.Child.dll");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var process = Process.Start(new ProcessStartInfo(dotnet, ["exec", program, directory, step, .. work]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        // Later its work may have ended, and it with that.
        var identity = ProcessIdentity.Of(process.Id)!;
        var address = await ReadAsync(process);
        Assert.StartsWith("address ", address, StringComparison.Ordinal);
        Assert.Equal("begun", await ReadAsync(process));
        return new ChildProcess(process, identity, new FenceAddress(address["address ".Length..]));
    }

    /// <summary>How its work ended: <c>done</c>, or the kind of the failure.</summary>
    public Task<string> EndAsync() => ReadAsync(_process);

    /// <summary>The next line that it says, or null when it has ended.</summary>
    public Task<string?> NextAsync() => _process.StandardOutput.ReadLineAsync().WaitAsync(_limit);

    public async ValueTask DisposeAsync()
    {
        await Identity.KillAsync();
        _process.Dispose();
    }

    private static async Task<string> ReadAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(_limit) ?? throw new InvalidOperationException("the child ended");
}
