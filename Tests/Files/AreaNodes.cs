using Mooring.Messages;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>What mounts do: files and directories by id, with all that an operating system wants to know of them.</summary>
public sealed class AreaNodes : AreaTest
{
    private const long Root = AreaTree.RootId;

    [Fact]
    public async Task Files_are_written_anywhere_cut_and_grown_with_zeros_between()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var id = await writer.MakeNodeAsync(Root, "f", File(), Now, null, default);
        var expected = new byte[300_000];
        foreach (var (offset, seed, length) in ((int, int, int)[])[(0, 1, 100), (150_000, 2, 100_000), (50, 3, 70_000), (299_999, 4, 1)])
        {
            await writer.WriteNodeAsync(id, offset, Bytes(seed, length), Now, null, default);
            Bytes(seed, length).CopyTo(expected, offset);
        }
        Assert.Equal(expected, await ReadNodeAsync(writer, id));

        await writer.PunchNodeAsync(id, 10, 160_000, false, Now, null, default);
        expected.AsSpan(10, 160_000 - 10).Clear();
        Assert.Equal(expected, await ReadNodeAsync(writer, id));
        Assert.Equal((0L, 10L, 160_000L), (writer.Tree.SeekNode(id, 0, false), writer.Tree.SeekNode(id, 0, true), writer.Tree.SeekNode(id, 10, false)));

        await writer.SetNodeAsync(id, Change() with { SizeBytes = 5 }, Now, null, default);
        await writer.ExtendNodeAsync(id, 9, Now, null, default);
        await writer.WriteNodeAsync(id, null, new byte[] { 7 }, Now, null, default);
        Assert.Equal((byte[])[.. expected[..5], 0, 0, 0, 0, 7], await ReadNodeAsync(writer, id));
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task What_is_said_of_a_node_is_there_after_a_checkpoint_and_after_its_log()
    {
        var image = await FormattedAsync();
        long id;
        var at = Now.AddHours(1);
        await using (var writer = await OpenAsync(image, 1))
        {
            id = await writer.MakeNodeAsync(Root, "f", File(0x81A4), Now, null, default);
            await writer.SetNodeAsync(id, Change() with { Mode = 0xFC0, Uid = 7, AccessedAt = Now.AddDays(-1), ModifiedAt = Now.AddDays(-2) }, at, null, default);
            await writer.CheckpointAsync();
            await writer.SetExtendedAsync(id, "user.a", new byte[] { 1, 2 }, ExtendedMode.Create, Change().Otherwise, at, null, default);
            await writer.SetExtendedAsync(id, "user.b", new byte[] { 3 }, ExtendedMode.Set, Change().Otherwise, at, null, default);
            await writer.SetExtendedAsync(id, "user.b", null, ExtendedMode.Set, Change().Otherwise, at, null, default);
        }
        for (var epoch = 2; epoch <= 3; epoch++)
        {
            await using var writer = await OpenAsync(image, epoch);
            var node = writer.Tree.Node(id);
            Assert.Equal((0x8FC0, 7, 0, Now.AddDays(-1), at), (node.Attributes!.Mode, node.Attributes.Uid, node.Attributes.Gid, node.Attributes.AccessedAt, node.Attributes.ChangedAt));
            Assert.Equal(Now.AddDays(-2), node.ModifiedAt);
            Assert.Equal([1, 2], Assert.Single(node.Attributes.Extended).Value.ToArray());
            await writer.CheckpointAsync();
        }
        using var reader = await AreaReader.OpenAsync(image, null, default);
        Assert.Equal(0x8FC0, reader.Tree.Node(id).Attributes!.Mode);
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task Extended_attributes_are_bounded_and_refused_as_Linux_does()
    {
        await using var writer = await OpenAsync(await FormattedAsync(), 1);
        var id = await writer.MakeNodeAsync(Root, "f", File(), Now, null, default);
        Task Set(byte[]? value, ExtendedMode mode) => writer.SetExtendedAsync(id, "user.a", value is null ? (ReadOnlyMemory<byte>?)null : value, mode, Change().Otherwise, Now, null, default);

        Assert.Equal(61, (await FailsAsync(ErrorKind.NotFound, () => Set([], ExtendedMode.Replace))).Error.Errno);
        Assert.Equal(61, (await FailsAsync(ErrorKind.NotFound, () => Set(null, ExtendedMode.Set))).Error.Errno);
        await Set([1], ExtendedMode.Set);
        Assert.Equal(17, (await FailsAsync(ErrorKind.AlreadyExists, () => Set([2], ExtendedMode.Create))).Error.Errno);
        Assert.Equal(28, (await FailsAsync(ErrorKind.NoSpace, () => Set(new byte[AreaAttributes.ExtendedBytesMax], ExtendedMode.Set))).Error.Errno);
    }

    [Fact]
    public async Task A_file_that_is_removed_or_replaced_while_it_is_open_stays_until_it_is_closed()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var (removed, replaced) = (await WithAsync(writer, "removed", 1), await WithAsync(writer, "replaced", 2));
        await WithAsync(writer, "new", 3);

        await writer.RemoveNodeAsync(Root, "removed", false, removed, Now, null, default);
        await writer.MoveNodeAsync(new NodeMove(Root, "new", Root, "replaced", true, false, replaced), Now, null, default);

        Assert.Null(writer.Tree.Child(Root, "removed"));
        Assert.Equal((byte[])[(byte)3], await ReadNodeAsync(writer, writer.Tree.Child(Root, "replaced")!.Id));
        Assert.Equal((byte[])[(byte)1], await ReadNodeAsync(writer, removed));
        Assert.Equal((byte[])[(byte)2], await ReadNodeAsync(writer, replaced));
        await writer.WriteNodeAsync(removed, null, new byte[] { 9 }, Now, null, default);

        foreach (var id in (long[])[removed, replaced, writer.Tree.Child(Root, "replaced")!.Id])
            await writer.CloseNodeAsync(id, null, default);
        Assert.Equal(116, (await FailsAsync(ErrorKind.NotFound, () => writer.WriteNodeAsync(removed, 0, new byte[] { 9 }, Now, null, default))).Error.Errno);
        Assert.Equal(["replaced"], writer.Tree.Children(Root, null, 10).Select(node => node.Name));
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task Names_are_moved_replaced_and_exchanged_as_Linux_does()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var d = await writer.MakeNodeAsync(Root, "d", Directory(), Now, null, default);
        var e = await writer.MakeNodeAsync(d, "e", Directory(), Now, null, default);
        var (a, b) = (await WithAsync(writer, "a", 1), await WithAsync(writer, "b", 2));
        Task Move(long from, string name, long to, string newName, bool replace = true, bool exchange = false) =>
            writer.MoveNodeAsync(new NodeMove(from, name, to, newName, replace, exchange, 0), Now, null, default);

        Assert.Equal(22, (await FailsAsync(ErrorKind.InvalidArgument, () => Move(Root, "d", e, "x"))).Error.Errno);
        Assert.Equal(22, (await FailsAsync(ErrorKind.InvalidArgument, () => Move(d, "e", Root, "d", exchange: true))).Error.Errno);
        Assert.Equal(17, (await FailsAsync(ErrorKind.AlreadyExists, () => Move(Root, "a", Root, "b", replace: false))).Error.Errno);
        Assert.Equal(21, (await FailsAsync(ErrorKind.InvalidArgument, () => Move(Root, "a", Root, "d"))).Error.Errno);
        Assert.Equal(20, (await FailsAsync(ErrorKind.InvalidArgument, () => Move(d, "e", Root, "a"))).Error.Errno);
        Assert.Equal(2, (await FailsAsync(ErrorKind.NotFound, () => Move(Root, "a", Root, "none", exchange: true))).Error.Errno);
        await Move(Root, "a", e, "b", exchange: false);
        await Move(e, "b", Root, "b", exchange: true);
        Assert.Equal((b, a), (writer.Tree.Child(e, "b")!.Id, writer.Tree.Child(Root, "b")!.Id));
        Assert.Equal(39, (await FailsAsync(ErrorKind.InvalidArgument, () => writer.RemoveNodeAsync(d, "e", true, 0, Now, null, default))).Error.Errno);
        Assert.Equal(21, (await FailsAsync(ErrorKind.InvalidArgument, () => writer.RemoveNodeAsync(d, "e", false, 0, Now, null, default))).Error.Errno);
        Assert.Equal(20, (await FailsAsync(ErrorKind.InvalidArgument, () => writer.RemoveNodeAsync(Root, "b", true, 0, Now, null, default))).Error.Errno);
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task A_request_that_is_sent_again_to_the_next_writer_changes_nothing_twice()
    {
        var image = await FormattedAsync();
        long? id = null;
        for (var epoch = 1; epoch <= 2; epoch++)
        {
            await using var writer = await OpenAsync(image, epoch);
            var made = await writer.MakeNodeAsync(Root, "f", File(), Now, Part(1), default);
            Assert.Equal(id ?? made, made);
            id = made;
            await writer.WriteNodeAsync(made, null, Bytes(1, 10), Now, Part(2), default);
            await writer.WriteNodeAsync(made, null, Bytes(2, 100_000), Now, Part(3), default);
            Assert.Equal((byte[])[.. Bytes(1, 10), .. Bytes(2, 100_000)], await ReadNodeAsync(writer, made));
        }
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task What_is_made_in_a_directory_of_a_group_belongs_to_the_group()
    {
        await using var writer = await OpenAsync(await FormattedAsync(), 1);
        var shared = await writer.MakeNodeAsync(Root, "d", new NewNode(true, new AreaAttributes(0x45ED, 1, 77, null, Now), default, false), Now, null, default);
        var file = await writer.MakeNodeAsync(shared, "f", File(0x81A4), Now, null, default);
        var directory = await writer.MakeNodeAsync(shared, "d", Directory(), Now, null, default);

        Assert.Equal((77, 0x81A4), (writer.Tree.Node(file).Attributes!.Gid, writer.Tree.Node(file).Attributes!.Mode));
        Assert.Equal((77, 0x45ED), (writer.Tree.Node(directory).Attributes!.Gid, writer.Tree.Node(directory).Attributes!.Mode));
    }

    private static NewNode File(int mode = 0x81A4) => new(false, new AreaAttributes(mode, 0, 0, null, Now), default, false);

    private static NewNode Directory() => new(true, new AreaAttributes(0x41ED, 0, 0, null, Now), default, false);

    private static NodeChange Change() => new(new AreaAttributes(0x81A4, 0, 0, null, Now));

    private static RequestPart Part(byte number) => new(new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);

    private static async Task<long> WithAsync(AreaWriter writer, string name, byte content)
    {
        var id = await writer.MakeNodeAsync(Root, name, File(), Now, null, default);
        await writer.WriteNodeAsync(id, 0, new[] { content }, Now, null, default);
        return id;
    }

    private static async Task<byte[]> ReadNodeAsync(AreaWriter writer, long id)
    {
        var bytes = new byte[writer.Tree.Node(id).SizeBytes + 1];
        Assert.Equal(bytes.Length - 1, await writer.ReadNodeAsync(id, 0, bytes, default));
        return bytes[..^1];
    }
}
