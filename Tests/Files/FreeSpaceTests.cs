using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>Blocks are taken from the front, never twice, and none goes missing.</summary>
public sealed class FreeSpaceTests
{
    private static readonly AreaLayout Layout = AreaLayout.Choose(64 << 20, new AreaFormatOptions());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_taken_is_the_first_run_that_is_long_enough(int seed)
    {
        var random = new Random(seed);
        var (start, end) = ((int)(Layout.DataStart / AreaLayout.BlockBytes), (int)(Layout.DataEnd / AreaLayout.BlockBytes));
        var used = new bool[end];
        var space = new FreeSpace(Layout, []);
        var held = new List<List<Blocks>>();
        for (var step = 0; step < 5000; step++)
        {
            // Now and then it is nearly full.
            var wanted = random.Next(8) == 0 ? random.Next(1, 1500) : random.Next(1, 20);
            if (held.Count > 0 && random.Next(2) == 0)
            {
                var given = held[random.Next(held.Count)];
                held.Remove(given);
                space.Give(given);
                given.ForEach(run => Mark(run, false));
            }
            else if (space.Take(wanted) is { } taken)
            {
                Assert.Equal(wanted, taken.Sum(run => run.Count));
                if (FirstRun(wanted) is { } first)
                    Assert.Equal([first], taken);
                taken.ForEach(run => Mark(run, true));
                held.Add(taken);
            }
            else
            {
                Assert.True(wanted > end - start - used.Count(u => u), $"step {step}: {wanted} blocks were refused");
            }
            Assert.Equal(end - start - used.Count(u => u), space.FreeBlocks);
        }
        held.ForEach(space.Give);
        Assert.Equal([new Blocks(start, end)], space.Take(end - start)!);

        void Mark(Blocks run, bool taken)
        {
            for (var block = run.Start; block < run.End; block++)
            {
                Assert.NotEqual(taken, used[block]);
                used[block] = taken;
            }
        }

        Blocks? FirstRun(int count)
        {
            for (int block = start, free = 0; block < end; block++)
            {
                free = used[block] ? 0 : free + 1;
                if (free == count)
                    return new Blocks(block - count + 1, block + 1);
            }
            return null;
        }
    }

    [Fact]
    public void What_was_never_committed_is_used_again_first()
    {
        var start = Layout.DataStart / AreaLayout.BlockBytes;
        var space = new FreeSpace(Layout, [new Blocks(start, start + 8), new Blocks(start + 100, start + 101)]);

        Assert.Equal([new Blocks(start + 8, start + 58)], space.Take(50)!);
    }
}
