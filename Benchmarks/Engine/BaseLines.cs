using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Mooring.Benchmarks.Engine;

/// <summary>The machine without an engine.</summary>
internal static class BaseLines
{
    public static async Task ChannelAsync(Report report) =>
        report.Base(BaseLine.Channel, (await Bench.RateAsync(PingPongAsync, 10_000)).PerSecond);

    public static async Task TcpAsync(Report report)
    {
        using var echo = ChildProcess.Start("tcp-echo");
        var port = Nodes.Number(await echo.LineAsync("port "));
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        var buffer = new byte[64];
        var (rate, _) = await Bench.RateAsync(
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    stream.Write(buffer);
                    stream.ReadExactly(buffer);
                }
                return Task.CompletedTask;
            },
            500);
        report.Base(BaseLine.Tcp, rate);
    }

    /// <summary>The other process of the TCP line.</summary>
    public static void EchoTcp()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine($"port {((IPEndPoint)listener.LocalEndpoint).Port}");
        using var client = listener.AcceptTcpClient();
        client.NoDelay = true;
        var stream = client.GetStream();
        var buffer = new byte[64];
        while (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length)
            stream.Write(buffer);
    }

    private static async Task PingPongAsync(int messages)
    {
        var (there, back) = (Channel.CreateUnbounded<object>(), Channel.CreateUnbounded<object>());
        var message = new object();
        var echo = Task.Run(async () =>
        {
            for (var i = 0; i < messages / 2; i++)
                back.Writer.TryWrite(await there.Reader.ReadAsync());
        });
        for (var i = 0; i < messages / 2; i++)
        {
            there.Writer.TryWrite(message);
            await back.Reader.ReadAsync();
        }
        await echo;
    }

    public static async Task SqliteAsync(Report report)
    {
        using var folder = new ScratchFolder();
        using var connection = new SqliteConnection($"Data Source={folder.File("base.db")};Pooling=False");
        connection.Open();
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO event (body) VALUES (@body)";
        insert.Parameters.AddWithValue("@body", new byte[64]);
        var (rate, _) = await Bench.RateAsync(
            count =>
            {
                for (var i = 0; i < count; i++)
                    insert.ExecuteNonQuery();
                return Task.CompletedTask;
            },
            100);
        report.Base(BaseLine.Sqlite, rate);

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
