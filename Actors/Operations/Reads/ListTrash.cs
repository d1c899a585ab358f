using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

internal sealed class ListTrash : Read
{
    private readonly Parameter<VolumeId> _place;

    public ListTrash()
        : base("trash.list", "List what lies in the trash of a pool.", "/v1/trash") => _place = Place("pool");

    public override IReadOnlyList<string> Fields { get; } = ["id", "name", "source", "deleted_at", "deferred_until"];

    protected override async Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken)
    {
        var place = given.Get(_place);
        return Page(
            await store.ListTrashAsync(place.Pool, place.Namespace, after, limit, cancellationToken), limit,
            image => [image.Id, image.Name, image.Source, image.DeletedAt, image.DeferredUntil], image => image.Id.Value);
    }
}
