using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>Hears on a third host what is announced to everybody on the link.</summary>
public sealed class LinkListener
{
    private const int EveryProtocol = 3;

    private readonly List<Announcement> _heard = [];
    private volatile bool _stop;
    private Task<int> _run = Task.FromResult(0);

    private LinkListener()
    {
    }

    /// <summary>What was announced so far.</summary>
    public IReadOnlyList<Announcement> Heard
    {
        get
        {
            lock (_heard)
                return [.. _heard];
        }
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="on">The host to listen on.</param>
    public static async Task<LinkListener> OpenAsync(HostNetwork hosts, string on)
    {
        var listener = new LinkListener();
        var listens = new TaskCompletionSource();
        listener._run = hosts.InAsync(on, () => listener.Listen(listens));
        await await Task.WhenAny(listens.Task, listener._run);
        return listener;
    }

    /// <summary>Ends listening.</summary>
    public Task CloseAsync()
    {
        _stop = true;
        return _run;
    }

    private int Listen(TaskCompletionSource listens)
    {
        // Given its protocol when it is made, a packet socket hears all interfaces of its namespace; of these there is one.
        using var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness((ushort)EveryProtocol)) { ReceiveTimeout = 200 };
        listens.SetResult();
        var frame = new byte[2048];
        while (!_stop)
        {
            try
            {
                var length = socket.Receive(frame);
                if (Read(frame.AsSpan(0, length)) is { } announcement)
                {
                    lock (_heard)
                        _heard.Add(announcement);
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                // Nothing yet.
            }
        }
        return 0;
    }

    private static Announcement? Read(ReadOnlySpan<byte> frame)
    {
        var from = string.Join(':', Convert.ToHexStringLower(frame.Slice(6, 6)).Chunk(2).Select(pair => new string(pair)));
        // Gratuitous: sender and target are the same address.
        if (BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == 0x0806 && frame.Slice(28, 4).SequenceEqual(frame.Slice(38, 4)))
            return new Announcement(Stopwatch.GetTimestamp(), frame[21] == 1 ? "request" : "reply", new IPAddress(frame.Slice(28, 4)).ToString(), from);
        // An advertisement to all nodes.
        return BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == 0x86DD && frame.Length >= 78 && frame[20] == 58 && frame[54] == 136 && frame[38] == 0xFF
            ? new Announcement(Stopwatch.GetTimestamp(), "advertisement", new IPAddress(frame.Slice(62, 16)).ToString(), from)
            : null;
    }

    /// <summary>Somebody has told everybody that an address is theirs.</summary>
    public sealed record Announcement(long At, string Form, string Address, string From);
}
