using Mooring.StorageNode.Http;

namespace Mooring.Tests.Pure;

/// <summary>What a request uses is not taken away from it.</summary>
public sealed class KeptClientsTests : IDisposable
{
    private readonly KeptClients<Client> _kept = new(2, name => new Client(name));

    public void Dispose() => _kept.Dispose();

    [Fact]
    public void One_is_made_for_each_name_and_kept()
    {
        var first = Used("a");

        Assert.Same(first, Used("a"));
        Assert.False(first.IsDisposed);
    }

    [Fact]
    public void The_one_that_was_not_used_for_longest_goes_first()
    {
        var (a, b) = (Used("a"), Used("b"));
        Used("a");
        Used("c");

        Assert.Equal((false, true), (a.IsDisposed, b.IsDisposed));
        Assert.NotSame(b, Used("b"));
    }

    [Fact]
    public void One_that_is_removed_while_it_is_used_ends_with_its_last_use()
    {
        var (first, second) = (_kept.Take("a"), _kept.Take("a"));
        _kept.Remove("a");
        Assert.NotSame(first.Value, Used("a"));
        first.Dispose();
        first.Dispose();
        Assert.False(second.Value.IsDisposed);
        second.Dispose();

        Assert.True(second.Value.IsDisposed);
    }

    [Fact]
    public void One_that_is_put_out_by_others_while_it_is_used_ends_with_its_last_use()
    {
        var a = _kept.Take("a");
        Used("b");
        Used("c");
        Assert.False(a.Value.IsDisposed);
        a.Dispose();

        Assert.True(a.Value.IsDisposed);
    }

    [Fact]
    public void At_the_end_those_that_are_used_end_with_their_last_use()
    {
        var (idle, used) = (Used("a"), _kept.Take("b"));
        _kept.Dispose();
        Assert.Equal((true, false), (idle.IsDisposed, used.Value.IsDisposed));
        used.Dispose();

        Assert.True(used.Value.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => _kept.Take("a"));
    }

    private Client Used(string name)
    {
        using var use = _kept.Take(name);
        return use.Value;
    }

    private sealed class Client(string name) : IDisposable
    {
        public string Name => name;

        public bool IsDisposed { get; private set; }

        public void Dispose()
        {
            Assert.False(IsDisposed);
            IsDisposed = true;
        }
    }
}
