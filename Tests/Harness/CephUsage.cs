using System.Diagnostics;
using System.Text.Json;

namespace Mooring.Harness;

/// <summary>How much a Ceph stores.</summary>
public static class CephUsage
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(2);

    /// <summary>What all OSDs together hold, replicas and all, as soon as it does not change any more: they report every few seconds.</summary>
    /// <param name="confPath">The configuration file of clients.</param>
    /// <returns>In bytes.</returns>
    public static async Task<long> StoredBytesAsync(string confPath)
    {
        var (last, same) = (-1L, 0);
        for (var clock = Stopwatch.StartNew(); same < 4 && clock.Elapsed < _limit; await Task.Delay(_period))
        {
            // What a pool's own line says is without its replicas on stores that do not count by pool, as memstore does not.
            using var said = await AskAsync(confPath, ["df"]);
            var now = said.RootElement.GetProperty("stats").GetProperty("total_used_raw_bytes").GetInt64();
            (last, same) = (now, Math.Abs(now - last) < 1 << 20 ? same + 1 : 0);
        }
        return last;
    }

    /// <summary>How many replicas a pool keeps.</summary>
    /// <param name="confPath">The configuration file of clients.</param>
    /// <param name="pool">The pool.</param>
    /// <returns>How many.</returns>
    public static async Task<int> ReplicasAsync(string confPath, string pool)
    {
        using var said = await AskAsync(confPath, ["osd", "pool", "get", pool, "size"]);
        return said.RootElement.GetProperty("size").GetInt32();
    }

    private static async Task<JsonDocument> AskAsync(string confPath, string[] command) =>
        JsonDocument.Parse(await CephSandbox.AskAsync(confPath, [.. command, "--format", "json"], CancellationToken.None));
}
