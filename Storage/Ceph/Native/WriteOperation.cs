namespace Mooring.Storage.Ceph.Native;

/// <summary>
/// Steps on one object that take effect together or not at all. Used once: running it releases it. A full pool carries it out all the same: these
/// are a few bytes of the journal, of leases and of names, without which nothing could be deleted from that pool.
/// </summary>
internal sealed class WriteOperation
{
    private readonly nint _operation = Rados.CreateWriteOperation();

    /// <summary>Makes the object if there is none.</summary>
    public WriteOperation Create()
    {
        Rados.WriteCreate(_operation, Rados.CreateIdempotent, 0);
        return this;
    }

    /// <summary>Makes the object; fails with EEXIST when there is one.</summary>
    public WriteOperation CreateNew()
    {
        Rados.WriteCreate(_operation, Rados.CreateExclusive, 0);
        return this;
    }

    /// <summary>Fails with ECANCELED unless the omap value equals <paramref name="value"/>; empty stands for an absent key too.</summary>
    public unsafe WriteOperation OmapEquals(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* k = key, v = value)
            Rados.WriteOmapCompare(_operation, k, Rados.CompareEqual, v, (nuint)key.Length, (nuint)value.Length, null);
        return this;
    }

    /// <summary>Sets one omap value.</summary>
    public unsafe WriteOperation OmapSet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // A null pointer for an empty value would not do: the call copies from it.
        byte none = 0;
        fixed (byte* k = key, v = value)
        {
            var keys = k;
            var values = v == null ? &none : v;
            var keyLength = (nuint)key.Length;
            var valueLength = (nuint)value.Length;
            Rados.WriteOmapSet(_operation, &keys, &values, &keyLength, &valueLength, 1);
        }
        return this;
    }

    /// <summary>Removes one omap key.</summary>
    public unsafe WriteOperation OmapRemove(ReadOnlySpan<byte> key)
    {
        fixed (byte* k = key)
        {
            var keys = k;
            var keyLength = (nuint)key.Length;
            Rados.WriteOmapRemove(_operation, &keys, &keyLength, 1);
        }
        return this;
    }

    /// <summary>Removes the omap keys from <paramref name="begin"/>, up to but without <paramref name="end"/>.</summary>
    public unsafe WriteOperation OmapRemoveRange(ReadOnlySpan<byte> begin, ReadOnlySpan<byte> end)
    {
        fixed (byte* b = begin, e = end)
            Rados.WriteOmapRemoveRange(_operation, b, (nuint)begin.Length, e, (nuint)end.Length);
        return this;
    }

    /// <summary>Calls a method of an object class.</summary>
    public unsafe WriteOperation Execute(string className, string method, ReadOnlySpan<byte> input)
    {
        fixed (byte* i = input)
            Rados.WriteExecute(_operation, className, method, i, (nuint)input.Length, null);
        return this;
    }

    /// <summary>Replaces the object's data.</summary>
    public unsafe WriteOperation WriteFull(ReadOnlySpan<byte> data)
    {
        byte none = 0;
        fixed (byte* d = data)
            Rados.WriteFull(_operation, d == null ? &none : d, (nuint)data.Length);
        return this;
    }

    /// <summary>Adds to the object's data.</summary>
    public unsafe WriteOperation Append(ReadOnlySpan<byte> data)
    {
        fixed (byte* d = data)
            Rados.WriteAppend(_operation, d, (nuint)data.Length);
        return this;
    }

    /// <summary>Fails unless the object's data begin with <paramref name="data"/>.</summary>
    public unsafe WriteOperation DataEquals(ReadOnlySpan<byte> data)
    {
        fixed (byte* d = data)
            Rados.WriteCompareExtent(_operation, d, (nuint)data.Length, 0, null);
        return this;
    }

    /// <summary>Removes the object.</summary>
    public WriteOperation Remove()
    {
        Rados.WriteRemove(_operation);
        return this;
    }

    /// <summary>Runs the steps on the calling thread, which blocks until the object's OSDs have them durable.</summary>
    /// <param name="io">The pool and namespace.</param>
    /// <param name="oid">The object.</param>
    /// <returns>0 or a negative errno.</returns>
    public int Run(IoContextHandle io, string oid)
    {
        try
        {
            using var hold = io.Hold();
            return Rados.OperateNow(_operation, io, oid, 0, Rados.FullForce);
        }
        finally
        {
            Rados.ReleaseWriteOperation(_operation);
        }
    }

    /// <summary>Runs the steps; the object's OSDs have them durable when this completes.</summary>
    /// <param name="io">The pool and namespace.</param>
    /// <param name="oid">The object.</param>
    /// <param name="full">What a full pool is to do.</param>
    /// <returns>0 or a negative errno.</returns>
    public async Task<int> RunAsync(IoContextHandle io, string oid, int full = Rados.FullForce)
    {
        try
        {
            using var hold = io.Hold();
            using var completion = new AioCompletion();
            var submitted = Rados.Operate(_operation, io, completion.Handle, oid, 0, full);
            if (submitted < 0)
                completion.NotSubmitted(submitted);
            return await completion.Task.ConfigureAwait(false);
        }
        finally
        {
            Rados.ReleaseWriteOperation(_operation);
        }
    }
}
