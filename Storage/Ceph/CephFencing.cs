using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// The OSD blocklist. One for the process: concurrent fences of one address are one command. A fence is complete when the monitors have
/// committed it and every placement group has taken it over (<see cref="FenceBarrier"/>).
/// </summary>
internal sealed class CephFencing(FenceBarrier barrier)
{
    private readonly ConcurrentDictionary<string, Task> _running = new();

    /// <summary>See <see cref="IFencing.FenceAsync"/>.</summary>
    public async Task FenceAsync(CephConnection connection, FenceAddress address, TimeSpan duration, CancellationToken cancellationToken)
    {
        // Monitors also serve clients that are fenced: without this a zombie could fence its successor.
        var alive = await ReadOperation.StatAsync(connection.Metadata, CephStore.ProbeObject).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (alive is < 0 and not CephErrors.NotFound)
            throw connection.Failure(alive, $"fence {address}");
        await Task.WhenAll(Entries(address).Select(entry => FenceOnceAsync(connection, entry, duration)))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>See <see cref="IFencing.IsFencedAsync"/>.</summary>
    public static async Task<bool> IsFencedAsync(CephConnection connection, FenceAddress address, CancellationToken cancellationToken)
    {
        var output = await connection.ControlAsync(
            _ => connection.MonitorCommand("""{"prefix":"osd blocklist ls","format":"json"}"""u8.ToArray(), "read the OSD blocklist"),
            cancellationToken).ConfigureAwait(false);
        var listed = new HashSet<string>(StringComparer.Ordinal);
        using var document = ParseFirst(output);
        foreach (var entry in document.RootElement.EnumerateArray())
            listed.Add(WithoutType(entry.GetProperty("addr").GetString() ?? ""));
        // An entry with port and nonce 0 shuts out all of that host.
        return Entries(address).All(entry => listed.Contains(entry) || listed.Contains(HostOf(entry) + ":0/0"));
    }

    /// <summary>
    /// The blocklist entries of a connection: its addresses as <c>ip:port/nonce</c>. The type in front (<c>v1:</c>, <c>v2:</c>) is left out
    /// because an entry without it holds for every type.
    /// </summary>
    internal static IReadOnlyList<string> Entries(FenceAddress address)
    {
        var entries = address.Value.Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(WithoutType).Distinct().ToList();
        return entries.Count > 0 && entries.All(entry => entry.Contains('/'))
            ? entries
            : throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{address}' is not the address of a Ceph client: expected ip:port/nonce");
    }

    // A second list follows the addresses: ranges of hosts, which the adapter never makes.
    private static JsonDocument ParseFirst(ReadOnlySpan<byte> output)
    {
        var reader = new Utf8JsonReader(output);
        return JsonDocument.ParseValue(ref reader);
    }

    private static string WithoutType(string address) =>
        address.StartsWith("v1:", StringComparison.Ordinal) || address.StartsWith("v2:", StringComparison.Ordinal) || address.StartsWith("any:", StringComparison.Ordinal)
            ? address[(address.IndexOf(':') + 1)..]
            : address;

    private static string HostOf(string entry) => entry[..entry.LastIndexOf(':')];

    private Task FenceOnceAsync(CephConnection connection, string entry, TimeSpan duration)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _running.GetOrAdd(entry, mine.Task);
        if (running != mine.Task)
            return running;
        _ = CompleteAsync();
        return mine.Task;

        async Task CompleteAsync()
        {
            try
            {
                await AddAsync(connection, entry, duration).ConfigureAwait(false);
                _running.TryRemove(entry, out _);
                mine.SetResult();
            }
            catch (Exception e)
            {
                _running.TryRemove(entry, out _);
                mine.SetException(e);
            }
        }
    }

    private async Task AddAsync(CephConnection connection, string entry, TimeSpan duration)
    {
        // The monitors read a number without a fraction as an integer and refuse it here.
        var seconds = Math.Max(1, Math.Ceiling(duration.TotalSeconds)).ToString("F1", CultureInfo.InvariantCulture);
        var command = Encoding.UTF8.GetBytes(
            $$"""{"prefix":"osd blocklist","blocklistop":"add","addr":"{{JsonEncodedText.Encode(entry)}}","expire":{{seconds}}}""");
        // Not cancelled half way: others may wait for the same fence.
        await connection.ControlAsync(_ => connection.MonitorCommand(command, $"fence {entry}"), CancellationToken.None).ConfigureAwait(false);
        await barrier.PassAsync(connection).ConfigureAwait(false);
    }
}
