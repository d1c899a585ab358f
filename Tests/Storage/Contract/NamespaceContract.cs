using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What namespaces promise (<see cref="INamespaces"/>).</summary>
public abstract class NamespaceContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_namespace_has_names_of_its_own_and_goes_when_it_is_empty()
    {
        var name = FreshText("ns");
        var volume = await CreateAsync();
        await Store.CreateNamespaceAsync(Fixture.Pool, name, default);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateNamespaceAsync(Fixture.Pool, name, default));
        Assert.True(await Store.HasNamespaceAsync(Fixture.Pool, name, default));

        var inIt = volume with { Namespace = name };
        Assert.Null(await Store.FindAsync(inIt, default));
        await Store.CreateAsync(inIt, 2 * MiB, default);
        Assert.Equal([inIt.Image], await Store.ListAsync(Fixture.Pool, name, null, 10, default));
        var refused = await Assert.ThrowsAsync<BlockStoreException>(() => Store.RemoveNamespaceAsync(Fixture.Pool, name, default));
        Assert.Equal((ErrorKind.Busy, inIt), (refused.Kind, Assert.Single(refused.InTheWay)));

        await Store.MoveToTrashAsync(inIt, TimeSpan.Zero, default);
        var error = await FailsAsync(ErrorKind.Busy, () => Store.RemoveNamespaceAsync(Fixture.Pool, name, default));
        Assert.Contains($"{inIt} (in the trash", error.Detail, StringComparison.Ordinal);
        var trashed = Assert.Single(await Store.ListTrashAsync(Fixture.Pool, name, null, 10, default));
        await Store.RemoveFromTrashAsync(Fixture.Pool, name, trashed.Id, force: false, null, default);

        await Store.RemoveNamespaceAsync(Fixture.Pool, name, default);
        Assert.False(await Store.HasNamespaceAsync(Fixture.Pool, name, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveNamespaceAsync(Fixture.Pool, name, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListAsync(Fixture.Pool, name, null, 10, default));
        Assert.NotNull(await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task Namespaces_are_listed_page_by_page()
    {
        var stem = FreshText("page");
        string[] made = [.. Enumerable.Range(0, 5).Select(i => $"{stem}-{i}")];
        foreach (var name in made.Reverse())
            await Store.CreateNamespaceAsync(Fixture.OtherPool, name, default);

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var page = await Store.ListNamespacesAsync(Fixture.OtherPool, after, 2, default);
            seen.AddRange(page);
            if (page.Count < 2)
                break;
            after = page[^1];
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal).Distinct(), seen);
        Assert.Equal(made, seen.Where(name => name.StartsWith(stem, StringComparison.Ordinal)));
    }

    [StoreFact]
    public async Task An_unknown_pool_is_not_found()
    {
        var pool = FreshText("no-pool");
        await FailsAsync(ErrorKind.NotFound, () => Store.CreateNamespaceAsync(pool, "a", default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveNamespaceAsync(pool, "a", default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListNamespacesAsync(pool, null, 10, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.HasNamespaceAsync(pool, "a", default));
    }
}
