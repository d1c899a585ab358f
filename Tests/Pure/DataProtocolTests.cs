using Mooring.Messages;
using Mooring.Messages.Wire;

namespace Mooring.Tests.Pure;

/// <summary>The protocol for files: what was written is read again, and no bytes whatever do more than end the connection.</summary>
public class DataProtocolTests
{
    private static readonly WriteOpen Write = new(
        "token", [new NamedReader("node-1", "127.0.0.11:8471", "other")], "/a/b", WriteMode.Append, 5, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), true,
        new RequestAttempt(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"), 3));

    private static readonly FileRequest Request = new("token", [], [
        new FileOperation(FileOperationKind.Put, "/x", "", 0, new byte[] { 1, 2, 3 }), new FileOperation(FileOperationKind.Rename, "/x", "/ü", 0, ReadOnlyMemory<byte>.Empty)]);

    [Fact]
    public async Task Frames_are_read_as_they_were_written()
    {
        var bytes = new MemoryStream();
        await using var connection = new FrameConnection(bytes, 1 << 16);
        await connection.WriteAsync(FrameKind.WriteOpen, Write.Write, default);
        await connection.WriteChunkAsync(7, new byte[] { 9, 8 }, default);
        await connection.WriteAsync(FrameKind.Operations, Request.Write, default);
        bytes.Position = 0;

        var open = WriteOpen.Read((await connection.ExpectAsync(default)).Payload.Span);
        Assert.Equal((Write.Token, Write.Path, Write.Mode, Write.Offset, Write.Stream, Write.Resume), (open.Token, open.Path, open.Mode, open.Offset, open.Stream, open.Resume));
        Assert.Equal(Write.Readers, open.Readers);
        var (offset, chunk) = FrameConnection.Chunk(await connection.ExpectAsync(default));
        Assert.Equal(7, offset);
        Assert.Equal([9, 8], chunk.ToArray());
        var request = FileRequest.Read((await connection.ExpectAsync(default)).Payload.Span);
        Assert.Equal(["/x", "/x"], request.Operations.Select(o => o.Path));
        Assert.Equal([1, 2, 3], request.Operations[0].Content.ToArray());
        Assert.Equal("/ü", request.Operations[1].Target);
        Assert.Null(await connection.ReadAsync(default));
    }

    [Fact]
    public void Which_sending_a_request_is_may_be_said_or_left_out()
    {
        Assert.Equal(Write.Attempt, WriteOpen.Read(Bytes(Write.Write)).Attempt);
        Assert.Null(WriteOpen.Read(Bytes((Write with { Attempt = null }).Write)).Attempt);
        Assert.Equal(Write.Attempt, FileRequest.Read(Bytes((Request with { Attempt = Write.Attempt }).Write)).Attempt);
        Assert.Null(FileRequest.Read(Bytes(Request.Write)).Attempt);
        Assert.Throws<WireException>(() => FileRequest.Read(Bytes((Request with { Attempt = new RequestAttempt(Guid.Empty, 0) }).Write)));
    }

    [Fact]
    public void A_condition_may_be_said_or_left_out()
    {
        var known = new FileEntry("/x", false, 7, DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123), 9, 2);
        foreach (var condition in (EntryCondition[])[EntryCondition.Exists, new([known]), new([known, known with { Crc32C = null }])])
        {
            Assert.Equal(condition.Known, WriteOpen.Read(Bytes((Write with { Condition = condition }).Write)).Condition!.Known);
            Assert.Equal(condition.Known, FileRequest.Read(Bytes((Request with { Attempt = Write.Attempt, Condition = condition }).Write)).Condition!.Known);
        }
        Assert.Null(WriteOpen.Read(Bytes(Write.Write)).Condition);
        var tooMany = new EntryCondition([.. Enumerable.Repeat(known, EntryCondition.KnownMax + 1)]);
        Assert.Throws<WireException>(() => WriteOpen.Read(Bytes((Write with { Condition = tooMany }).Write)));
    }

    [Fact]
    public void A_checksum_is_that_of_its_bytes_one_by_one_wherever_they_lie()
    {
        var random = new Random(32);
        var bytes = new byte[100_000];
        random.NextBytes(bytes);
        Assert.Equal(0xe3069283u, Crc32C.Of("123456789"u8));
        foreach (var length in (int[])[0, 1, 7, 8, 9, 4095, 12287, 12288, 12289, 12296, 24576, 65536, 99_990])
        {
            var part = bytes.AsSpan(random.Next(10), length);
            var state = Crc32C.Start;
            foreach (var b in part)
                state = Crc32C.Add(state, [b]);
            Assert.Equal(Crc32C.Finish(state), Crc32C.Of(part));
            Assert.Equal(Crc32C.Finish(state), Crc32C.Finish(Crc32C.Add(Crc32C.Add(Crc32C.Start, part[..(length / 3)]), part[(length / 3)..])));
        }
    }

    [Fact]
    public async Task A_long_tail_arrives_as_it_was_written()
    {
        var stream = new MemoryStream();
        await using var connection = new FrameConnection(stream, FrameConnection.StandardPayloadBytesMax);
        var tail = new byte[200_000];
        new Random(5).NextBytes(tail);
        await connection.WriteChunkAsync(9, tail, default);
        tail[0]++;
        await connection.WriteChunkAsync(10, tail.AsMemory(0, 10), default);
        stream.Position = 0;

        var (offset, chunk) = FrameConnection.Chunk(await connection.ExpectAsync(default));
        tail[0]--;
        Assert.Equal(9, offset);
        Assert.True(chunk.Span.SequenceEqual(tail));
        Assert.Equal(10, FrameConnection.Chunk(await connection.ExpectAsync(default)).Offset);
    }

    [Fact]
    public void Results_are_read_as_they_were_written()
    {
        var entry = new FileEntry("/a", false, 5, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), 0xdeadbeef, 2);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        FileResult.Write(new WireWriter(buffer), [
            new FileResult(null, [entry, entry with { IsDirectory = true, Crc32C = null }], "next", new byte[] { 1 }),
            FileResult.Failed(new OperationError(ErrorKind.NotFound, "no", 2))]);
        var results = FileResult.Read(buffer.WrittenSpan);

        Assert.Equal([entry, entry with { IsDirectory = true, Crc32C = null }], results[0].Entries);
        Assert.Equal("next", results[0].Next);
        Assert.Equal(new OperationError(ErrorKind.NotFound, "no", 2), results[1].Error);
    }

    [Fact]
    public async Task A_frame_in_which_any_bit_is_wrong_is_refused()
    {
        var good = await BytesAsync();
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = good.ToArray();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            await using var connection = new FrameConnection(new MemoryStream(bad), 1 << 16);
            await Assert.ThrowsAsync<WireException>(async () => await connection.ReadAsync(default));
        }
    }

    [Fact]
    public async Task A_frame_that_is_cut_short_is_refused()
    {
        var good = await BytesAsync();
        for (var length = 1; length < good.Length; length++)
        {
            await using var connection = new FrameConnection(new MemoryStream(good[..length]), 1 << 16);
            await Assert.ThrowsAsync<WireException>(async () => await connection.ReadAsync(default));
        }
    }

    [Theory]
    [InlineData(65537)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public async Task A_frame_that_says_it_is_larger_than_allowed_is_refused_before_it_is_read(int length)
    {
        var header = new byte[FrameConnection.HeaderBytes];
        FrameConnection.WriteHeader(header, FrameKind.Chunk, []);
        BitConverter.TryWriteBytes(header.AsSpan(4), length);
        await using var connection = new FrameConnection(new MemoryStream(header), 1 << 16);

        Assert.Contains("too large", (await Assert.ThrowsAsync<WireException>(async () => await connection.ReadAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_that_is_too_large_is_not_sent()
    {
        await using var connection = new FrameConnection(new MemoryStream(), 100);

        await Assert.ThrowsAsync<WireException>(async () => await connection.WriteChunkAsync(0, new byte[101], default));
    }

    [Fact]
    public void Fields_of_any_bytes_are_read_or_refused()
    {
        var random = new Random(8471);
        var conditioned = Write with { Condition = new EntryCondition([new FileEntry("/x", false, 7, DateTimeOffset.UnixEpoch, 9, 2)]) };
        var seeds = new[] { Bytes(conditioned.Write), Bytes(Request.Write), Bytes(new ReadOpen("t", "/x", 1, 2).Write) };
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = round % 4 == 0 ? new byte[random.Next(200)] : seeds[round % 3].ToArray();
            if (round % 4 == 0)
                random.NextBytes(bytes);
            for (var change = random.Next(4); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Try(() => WriteOpen.Read(bytes));
            Try(() => FileRequest.Read(bytes));
            Try(() => ReadOpen.Read(bytes));
            Try(() => FileResult.Read(bytes));
        }
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("a", "/a")]
    [InlineData("//a///b/", "/a/b")]
    public void Paths_have_one_form(string text, string path)
    {
        Assert.True(FilePath.TryNormalize(text, out var normal, out _));
        Assert.Equal(path, normal);
    }

    [Theory]
    [InlineData("/a/../b")]
    [InlineData("/./b")]
    [InlineData("/a\0b")]
    public void Names_that_cannot_be_are_refused(string text) => Assert.False(FilePath.TryNormalize(text, out _, out _));

    [Fact]
    public void A_name_that_is_half_a_character_is_refused() => Assert.False(FilePath.TryNormalize("/" + (char)0xd800, out _, out _));

    [Fact]
    public void Names_and_paths_that_are_too_long_are_refused()
    {
        Assert.True(FilePath.TryNormalize("/" + new string('a', 255), out _, out _));
        Assert.False(FilePath.TryNormalize("/" + new string('a', 256), out _, out _));
        Assert.False(FilePath.TryNormalize("/" + new string('ü', 128), out _, out _));
        Assert.False(FilePath.TryNormalize(string.Concat(Enumerable.Repeat("/" + new string('a', 100), 41)), out _, out _));
    }

    private static void Try(Action read)
    {
        try
        {
            read();
        }
        catch (WireException)
        {
            // The one thing that may happen besides being read.
        }
    }

    private static byte[] Bytes(Action<WireWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        write(new WireWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private static async Task<byte[]> BytesAsync()
    {
        var bytes = new MemoryStream();
        await using var connection = new FrameConnection(bytes, 1 << 16);
        await connection.WriteAsync(FrameKind.ReadOpen, new ReadOpen("token", "/a/b", 1, 2).Write, default);
        return bytes.ToArray();
    }
}
