using System.Buffers.Binary;
using System.Text;
using Mooring.Mount.Fuse;

namespace Mooring.Tests.Pure;

/// <summary>The kernel's requests and what it is answered, byte by byte; and any bytes whatever do no harm.</summary>
public class FuseProtocolTests
{
    [Fact]
    public void A_lookup_is_read()
    {
        var request = Parse(1, [.. "name"u8, 0]);

        Assert.Equal((FuseOpcode.Lookup, 0x1122334455667788UL, 7UL, 1000U, 100U, "name"), (request.Opcode, request.Unique, request.Node, request.Uid, request.Gid, request.Name));
    }

    [Fact]
    public void A_write_is_read()
    {
        var request = Parse(16, [.. U64(9), .. U64(1 << 20), .. U32(3), .. U32(1), .. U64(0), .. U32(0x401), .. U32(0), 1, 2, 3]);

        Assert.Equal((9UL, 1UL << 20, 3UL, 1U, 0x401U), (request.Handle, request.Offset, request.Size, request.WriteFlags, request.Flags));
        Assert.Equal([1, 2, 3], request.Data.ToArray());
    }

    [Fact]
    public void A_rename_has_two_names_and_flags()
    {
        var request = Parse(45, [.. U64(12), .. U32(2), .. U32(0), .. "a"u8, 0, .. "ü"u8, 0]);

        Assert.Equal((12UL, 2U, "a", "ü"), (request.OtherNode, request.Flags, request.Name, request.OtherName));
    }

    [Fact]
    public void Attributes_to_be_set_are_read()
    {
        var request = Parse(4, [
            .. U32(0x3F), .. U32(0), .. U64(1), .. U64(4096), .. U64(0), .. U64(10), .. U64(unchecked((ulong)-20)), .. U64(0), .. U32(100), .. U32(200), .. U32(0), .. U32(0x81A4),
            .. U32(0), .. U32(5), .. U32(6), .. U32(0)]);

        Assert.Equal(FuseSet.Mode | FuseSet.Uid | FuseSet.Gid | FuseSet.Size | FuseSet.Accessed | FuseSet.Modified, request.Set);
        Assert.Equal((4096UL, 10L, 100U, -20L, 200U, 0x81A4U, 5U, 6U),
            (request.Size, request.AccessedSeconds, request.AccessedNanoseconds, request.ModifiedSeconds, request.ModifiedNanoseconds, request.Mode, request.NewUid, request.NewGid));
    }

    [Fact]
    public void What_makes_something_is_read()
    {
        var create = Parse(35, [.. U32(0xC2), .. U32(0x81A4), .. U32(0x12), .. U32(0), .. "f"u8, 0]);
        var directory = Parse(9, [.. U32(0x1ED), .. U32(0x12), .. "d"u8, 0]);
        var link = Parse(6, [.. "l"u8, 0, .. "../to"u8, 0]);
        var pipe = Parse(8, [.. U32(0x11A4), .. U32(0), .. U32(0x12), .. U32(0), .. "p"u8, 0]);
        var attribute = Parse(21, [.. U32(2), .. U32(1), .. "user.x"u8, 0, 8, 9]);

        Assert.Equal((0xC2U, 0x81A4U, "f"), (create.Flags, create.Mode, create.Name));
        Assert.Equal((0x1EDU, "d"), (directory.Mode, directory.Name));
        Assert.Equal(("l", "../to"), (link.Name, Encoding.UTF8.GetString(link.Data.Span)));
        Assert.Equal((0x11A4U, "p"), (pipe.Mode, pipe.Name));
        Assert.Equal((1U, "user.x"), (attribute.Flags, attribute.Name));
        Assert.Equal([8, 9], attribute.Data.ToArray());
    }

    [Fact]
    public void A_name_that_is_not_UTF_8_is_none() => Assert.Null(Parse(1, [0xFF, 0xFE, 0]).Name);

    [Fact]
    public void What_is_cut_short_is_no_request_but_can_be_answered()
    {
        var whole = Bytes(16, [.. U64(9), .. U64(0), .. U32(3), .. U32(1), .. U64(0), .. U32(0), .. U32(0), 1, 2, 3]);
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            if (length >= 4)
                BinaryPrimitives.WriteInt32LittleEndian(cut, length);
            Assert.Null(FuseRequest.Parse(cut, out var unique, out var problem));
            Assert.NotNull(problem);
            Assert.Equal(length < 40 ? 0 : 0x1122334455667788UL, unique);
        }
    }

    [Fact]
    public void No_bytes_whatever_do_harm()
    {
        var seed = Environment.TickCount;
        var chance = new Random(seed);
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = new byte[chance.Next(200)];
            chance.NextBytes(bytes);
            // Mostly with a header that says what it should.
            if (bytes.Length >= 40 && chance.Next(10) > 0)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), chance.Next(56));
            }
            var thrown = Record.Exception(() => FuseRequest.Parse(bytes, out _, out _));
            Assert.True(thrown is null, $"seed {seed}, round {i}: {thrown}");
        }
    }

    [Fact]
    public void Answers_have_the_kernels_form()
    {
        var attributes = new FuseAttributes(42, 0x81A4, 1, 5, 6, 1000, 600, FuseReply.Ticks(-1, 300), FuseReply.Ticks(7, 100), FuseReply.Ticks(8, 0));
        var entry = FuseReply.Entry(3, attributes);

        Assert.Equal((144, 144, 0, 3UL, 42UL), (entry.Length, I32(entry, 0), I32(entry, 4), U64(entry, 8), U64(entry, 16)));
        // Nothing may be kept: both times are 0. Then number, size, blocks of 512 bytes, three times, their nanoseconds.
        Assert.True(entry.AsSpan(24, 32).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal((42UL, 1000UL, 2UL, -1L, 7UL, 8UL), (U64(entry, 56), U64(entry, 64), U64(entry, 72), (long)U64(entry, 80), U64(entry, 88), U64(entry, 96)));
        Assert.Equal((300, 100, 0, 0x81A4, 1, 5, 6, 0, 4096),
            (I32(entry, 104), I32(entry, 108), I32(entry, 112), I32(entry, 116), I32(entry, 120), I32(entry, 124), I32(entry, 128), I32(entry, 132), I32(entry, 136)));
        Assert.Equal((120, 160, 96, 80, 24, 32), (
            FuseReply.Attributes(1, attributes).Length, FuseReply.Created(1, attributes, 2).Length, FuseReply.Space(1, 2, 3, 4).Length,
            FuseReply.Init(1, Parse(26, [.. U32(7), .. U32(31), .. U32(1 << 17), .. U32(uint.MaxValue)]), FuseFeatures.MaxPages).Length, FuseReply.Written(1, 2).Length,
            FuseReply.Opened(1, 2).Length));
        Assert.Equal(-2, I32(FuseReply.Error(1, 2), 4));
        Assert.Equal(16 + 5, I32(FuseReply.Head(1, 5), 0));
    }

    [Fact]
    public void A_page_of_a_directory_has_entries_as_long_as_they_fit()
    {
        var (page, used) = (new byte[100], 0);

        Assert.True(FuseReply.TryAddEntry(page, ref used, 5, 0x41ED, "abc", 1));
        Assert.Equal((32, 5UL, 1UL, 3, 4), (used, U64(page, 0), U64(page, 8), I32(page, 16), I32(page, 20)));
        Assert.Equal("abc", Encoding.UTF8.GetString(page, 24, 3));
        Assert.True(FuseReply.TryAddEntry(page, ref used, 6, 0x81A4, "ü2345678", 2));
        Assert.False(FuseReply.TryAddEntry(page, ref used, 7, 0x81A4, "x", 3));
        Assert.Equal(72, used);
    }

    private static FuseRequest Parse(int opcode, byte[] fields) => FuseRequest.Parse(Bytes(opcode, fields), out _, out var problem) ?? throw new InvalidOperationException(problem);

    private static byte[] Bytes(int opcode, byte[] fields) =>
        [.. U32((uint)(40 + fields.Length)), .. U32((uint)opcode), .. U64(0x1122334455667788), .. U64(7), .. U32(1000), .. U32(100), .. U32(77), .. U32(0), .. fields];

    private static byte[] U32(uint value) => BitConverter.GetBytes(value);

    private static byte[] U64(ulong value) => BitConverter.GetBytes(value);

    private static int I32(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
