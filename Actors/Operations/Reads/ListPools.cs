using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListPools() : Read("pool.list", "List the pools that volumes can lie in.", "/v1/pools")
{
    public override IReadOnlyList<string> Fields { get; } = ["name"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken) => Page(
        [.. (await store.ListPoolsAsync(cancellationToken)).Where(pool => string.CompareOrdinal(pool, after) > 0).Take(limit)],
        limit, pool => [pool], pool => pool);
}
