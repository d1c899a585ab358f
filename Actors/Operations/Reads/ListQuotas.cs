using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListQuotas() : Read("quota.list", "List the quotas, and how much of them is used.", "/v1/quotas")
{
    public override IReadOnlyList<string> Fields { get; } = ["pool", "namespace", "count", "count_max", "bytes", "bytes_max"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var quotas = (await Quotas.ListAsync(store, cancellationToken)).Values
            .OrderBy(Name, StringComparer.Ordinal)
            .Where(quota => string.CompareOrdinal(Name(quota), after) > 0)
            .Take(limit)
            .ToList();
        var rows = new List<(Quota Quota, IReadOnlyDictionary<string, long> Used)>();
        foreach (var quota in quotas)
            rows.Add((quota, await UsedAsync(store, quota, cancellationToken)));
        return Page(
            rows, limit,
            row => [row.Quota.Pool, row.Quota.Namespace, (long)row.Used.Count, NullWhenZero(row.Quota.CountMax), row.Used.Values.Sum(), NullWhenZero(row.Quota.BytesMax)],
            row => Name(row.Quota));
    }

    // Its namespace may have been removed since.
    private static async Task<IReadOnlyDictionary<string, long>> UsedAsync(IBlockStore store, Quota quota, CancellationToken cancellationToken)
    {
        try
        {
            return await Quotas.UsedAsync(store, quota.Pool, quota.Namespace, cancellationToken);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return new Dictionary<string, long>();
        }
    }

    private static string Name(Quota quota) => $"{quota.Pool}/{quota.Namespace}";

    private static object? NullWhenZero(long max) => max == 0 ? null : max;
}
