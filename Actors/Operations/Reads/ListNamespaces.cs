using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListNamespaces : Read
{
    private readonly Parameter<VolumeId> _place;

    public ListNamespaces()
        : base("namespace.list", "List the namespaces of a pool.", "/v1/namespaces") => _place = Place("pool");

    public override IReadOnlyList<string> Fields { get; } = ["pool", "name"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var place = given.Get(_place);
        if (place.Namespace.Length > 0)
            throw new BlockStoreException(OperationErrors.Wrong("a namespace has no namespaces"));
        return Page(await store.ListNamespacesAsync(place.Pool, after, limit, cancellationToken), limit, name => [place.Pool, name], name => name);
    }
}
