using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListGroups : Read
{
    private readonly Parameter<VolumeId> _place;

    public ListGroups()
        : base("group.list", "List the groups of a pool.", "/v1/groups") => _place = Place("pool");

    public override IReadOnlyList<string> Fields { get; } = ["name"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var place = given.Get(_place);
        return Page(await store.ListGroupsAsync(place.Pool, place.Namespace, after, limit, cancellationToken), limit, name => [name], name => name);
    }
}
