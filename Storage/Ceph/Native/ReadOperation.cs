using System.Runtime.InteropServices;
using System.Text;

namespace Mooring.Storage.Ceph.Native;

/// <summary>One key and value of an object's omap.</summary>
internal readonly record struct OmapEntry(byte[] Key, byte[] Value);

/// <summary>Reads of one object, each one round trip to its primary OSD.</summary>
internal sealed class ReadOperation : IDisposable
{
    private readonly nint _operation = Rados.CreateReadOperation();
    private readonly unsafe Outcome* _outcome = (Outcome*)NativeMemory.AllocZeroed((nuint)sizeof(Outcome));
    private nint _iterator;
    private unsafe byte* _buffer;

    private ReadOperation()
    {
    }

    /// <summary>Asks whether an object exists.</summary>
    /// <returns>0 or a negative errno.</returns>
    public static async Task<int> StatAsync(IoContextHandle io, string oid)
    {
        using var read = new ReadOperation();
        read.AddStat();
        return await read.RunAsync(io, oid).ConfigureAwait(false);
    }

    /// <summary>Reads an object's data, at most <paramref name="lengthMax"/> bytes.</summary>
    public static async Task<(int Result, byte[] Data)> DataAsync(IoContextHandle io, string oid, int lengthMax)
    {
        using var read = new ReadOperation();
        read.AddData(lengthMax);
        var result = await read.RunAsync(io, oid).ConfigureAwait(false);
        return (result, result < 0 ? [] : read.TakeData());
    }

    /// <summary>Reads omap values after a key, in order of their keys.</summary>
    /// <param name="io">The pool and namespace.</param>
    /// <param name="oid">The object.</param>
    /// <param name="after">Begins after this key; empty for the start.</param>
    /// <param name="prefix">Only keys that begin so.</param>
    /// <param name="countMax">At most so many; the OSD may give fewer and say that there are more.</param>
    public static Task<(int Result, List<OmapEntry> Entries, bool More)> OmapAsync(
        IoContextHandle io, string oid, string after, string prefix, int countMax) => OmapAsync(io, oid, Encoding.UTF8.GetBytes(after), prefix, countMax);

    /// <summary>As above, after a key that need not be text.</summary>
    public static async Task<(int Result, List<OmapEntry> Entries, bool More)> OmapAsync(
        IoContextHandle io, string oid, byte[] after, string prefix, int countMax)
    {
        using var read = new ReadOperation();
        read.AddOmap(after, prefix, countMax);
        var result = await read.RunAsync(io, oid).ConfigureAwait(false);
        return (result, result < 0 ? [] : read.TakeEntries(), read.More);
    }

    /// <summary>Reads the omap values of the keys that exist.</summary>
    public static async Task<(int Result, List<OmapEntry> Entries)> OmapAsync(IoContextHandle io, string oid, IReadOnlyList<byte[]> keys)
    {
        using var read = new ReadOperation();
        read.AddOmapKeys(keys);
        var result = await read.RunAsync(io, oid).ConfigureAwait(false);
        return (result, result < 0 ? [] : read.TakeEntries());
    }

    /// <inheritdoc/>
    public unsafe void Dispose()
    {
        if (_iterator != 0)
            Rados.EndOmap(_iterator);
        Rados.ReleaseReadOperation(_operation);
        NativeMemory.Free(_buffer);
        NativeMemory.Free(_outcome);
    }

    private unsafe bool More => _outcome->More != 0;

    private unsafe void AddStat() => Rados.ReadStat(_operation, &_outcome->Size, null, null);

    private unsafe void AddData(int lengthMax)
    {
        _buffer = (byte*)NativeMemory.Alloc((nuint)lengthMax);
        Rados.ReadData(_operation, 0, (nuint)lengthMax, _buffer, &_outcome->Length, null);
    }

    private unsafe void AddOmap(byte[] after, string prefix, int countMax)
    {
        nint iterator;
        // The call reads up to a NUL, and copies.
        fixed (byte* begin = (byte[])[.. after, 0])
            Rados.ReadOmap(_operation, begin, prefix, (ulong)countMax, &iterator, &_outcome->More, &_outcome->Result);
        _iterator = iterator;
    }

    private unsafe void AddOmapKeys(IReadOnlyList<byte[]> keys)
    {
        var pins = new GCHandle[keys.Count];
        var pointers = new nint[keys.Count];
        var lengths = new nuint[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            pins[i] = GCHandle.Alloc(keys[i], GCHandleType.Pinned);
            pointers[i] = pins[i].AddrOfPinnedObject();
            lengths[i] = (nuint)keys[i].Length;
        }
        nint iterator;
        fixed (nint* p = pointers)
        fixed (nuint* l = lengths)
            Rados.ReadOmapKeys(_operation, (byte**)p, (nuint)keys.Count, l, &iterator, &_outcome->Result);
        _iterator = iterator;
        foreach (var pin in pins)
            pin.Free();
    }

    private async Task<int> RunAsync(IoContextHandle io, string oid)
    {
        using var hold = io.Hold();
        using var completion = new AioCompletion();
        var submitted = Rados.OperateRead(_operation, io, completion.Handle, oid, 0);
        if (submitted < 0)
            completion.NotSubmitted(submitted);
        return await completion.Task.ConfigureAwait(false);
    }

    private unsafe byte[] TakeData() => new ReadOnlySpan<byte>(_buffer, (int)_outcome->Length).ToArray();

    private unsafe List<OmapEntry> TakeEntries()
    {
        var entries = new List<OmapEntry>();
        while (Rados.NextOmap(_iterator, out var key, out var value, out var keyLength, out var valueLength) == 0 && key != null)
        {
            entries.Add(new OmapEntry(
                new ReadOnlySpan<byte>(key, (int)keyLength).ToArray(), new ReadOnlySpan<byte>(value, (int)valueLength).ToArray()));
        }
        return entries;
    }

    // What librados fills in when the operation completes; must not move until then.
    private struct Outcome
    {
        public ulong Size;
        public nuint Length;
        public int Result;
        public byte More;
    }
}
