using System.Buffers;
using Mooring.Messages;
using Mooring.Messages.Wire;

namespace Mooring.Tests.Pure;

/// <summary>What mounts say to data nodes: it is read as it was written, and bytes by chance are refused.</summary>
public class NodeProtocolTests
{
    private static readonly NodeRequest Request = new("token", [new NamedReader("node-1", "127.0.0.11:8471", "other")], new NodeOperation(NodeOperationKind.Rename, 5)
    {
        Name = "a", OtherNode = 6, OtherName = "ü", Offset = -1, Length = 7, Flags = 2, OpenNode = 9, Content = new byte[] { 1, 2, 3 },
        Settings = new NodeSettings(0x81A4, null, 3, 4, -1, 638_000_000_000_000_000), Shown = new NodeSettings(Uid: 8),
    }, new RequestAttempt(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"), 3));

    private static readonly NodeResult Result = new(
        null, [new NodeEntry("f", 5, false, 0x81A4, 1, 2, 1, 100, 50, 10, 20, 30), new NodeEntry("d", 6, true, null, 0, 0, 1, 0, 0, 1, 2, 3)], true, [4, -5], new byte[] { 9 });

    [Fact]
    public void Requests_and_results_are_read_as_they_were_written()
    {
        var request = NodeRequest.Read(Bytes(Request.Write, Request.Operation.Content));
        Assert.Equal([1, 2, 3], request.Operation.Content.ToArray());
        Assert.Equal(Request.Operation with { Content = default }, request.Operation with { Content = default });
        Assert.Equal((Request.Token, Request.Attempt), (request.Token, request.Attempt));
        Assert.Equal(Request.Readers, request.Readers);
        Assert.Null(NodeRequest.Read(Bytes((Request with { Attempt = null }).Write, default)).Attempt);

        var result = NodeResult.Read(Bytes(Result.Write, Result.Content));
        Assert.Equal(Result.Entries, result.Entries);
        Assert.Equal(Result.Numbers, result.Numbers);
        Assert.True(result.More);
        Assert.Equal([9], result.Content.ToArray());
        var refused = NodeResult.Read(Bytes(NodeResult.Failed(new OperationError(ErrorKind.NotFound, "gone", 116)).Write, default)).Error!;
        Assert.Equal((ErrorKind.NotFound, "gone", 116), (refused.Kind, refused.Detail, refused.Errno));
    }

    [Fact]
    public void Bytes_that_were_changed_are_read_or_refused_and_do_nothing_else()
    {
        var seed = Environment.TickCount;
        var chance = new Random(seed);
        byte[][] all = [Bytes(Request.Write, Request.Operation.Content).ToArray(), Bytes(Result.Write, Result.Content).ToArray()];
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = all[i % 2][..chance.Next(all[i % 2].Length + 1)];
            for (var changes = chance.Next(4); changes > 0 && bytes.Length > 0; changes--)
                bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            var thrown = Record.Exception(() => { _ = i % 2 == 0 ? (object)NodeRequest.Read(bytes) : NodeResult.Read(bytes); });
            Assert.True(thrown is null or WireException, $"seed {seed}, round {i}: {thrown}");
        }
    }

    private static ReadOnlyMemory<byte> Bytes(Action<WireWriter> write, ReadOnlyMemory<byte> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new WireWriter(buffer));
        buffer.Write(content.Span);
        return buffer.WrittenMemory.ToArray();
    }
}
