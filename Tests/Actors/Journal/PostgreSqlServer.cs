using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Mooring.Tests.Actors.Journal;

/// <summary>A PostgreSQL of its own, from Debian's package, in a temporary folder on a free port of 127.0.0.1, for as long as the specs run.</summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static int s_databases;
    private string _folder = "";
    private int _port;
    private Process? _server;

    /// <summary>Why there can be none; null when there can.</summary>
    public static string? Missing { get; } = WhyMissing();

    // The server refuses to run as root.
    private static bool IsRoot => Environment.UserName == "root";

    private static string Binaries => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).LastOrDefault() ?? ""
        : "";

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        _folder = Directory.CreateTempSubdirectory("postgresql-").FullName;
        var data = Path.Combine(_folder, "data");
        if (IsRoot)
            await Run("chown", "postgres", _folder);
        await Run(AsUser("initdb", "-D", data, "-U", "mooring", "--auth=trust", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C"));
        _port = FreePort();
        // The shell ends the server when this process ends, in whatever way: then it reads the end of its input.
        _server = Start([
            "sh", "-c", "\"$@\" & read -r _; kill -QUIT $!; wait", "sh", .. AsUser(
            "postgres", "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", $"port={_port}", "-k", _folder, "-c", "fsync=off", "-c", "shared_buffers=16MB")]);
        await Ready(_server);
    }

    public async Task DisposeAsync()
    {
        if (_server is null)
            return;
        NpgsqlConnection.ClearAllPools();
        _server.StandardInput.Close();
        await _server.WaitForExitAsync().WaitAsync(Limit);
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The connection string of a new, empty database.</summary>
    public string CreateDatabase()
    {
        var name = $"spec_{Interlocked.Increment(ref s_databases)}";
        using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        command.ExecuteNonQuery();
        return ConnectionString(name);
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=mooring;Database={database};Pooling=false";

    private static string? WhyMissing()
    {
        if (!File.Exists(Path.Combine(Binaries, "initdb")))
            return "needs PostgreSQL (Debian: postgresql-15)";
        return IsRoot && !File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal))
            ? "needs the user postgres to run PostgreSQL, which refuses to run as root"
            : null;
    }

    private static string[] AsUser(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(Binaries, program), .. arguments];
        return IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Process Start(params string[] command) => Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/",
    })!;

    private static async Task Run(params string[] command)
    {
        using var process = Start(command);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Limit);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {await output}{await errors}");
    }

    /// <summary>It says so itself, on its standard error; that is read on, so that the server never waits for a full pipe.</summary>
    private static async Task Ready(Process server)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        server.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null)
            {
                ready.TrySetException(new InvalidOperationException("PostgreSQL ended: " + string.Join('\n', said)));
                return;
            }
            said.Add(e.Data);
            if (e.Data.Contains("database system is ready to accept connections", StringComparison.Ordinal))
                ready.TrySetResult();
        };
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        await ready.Task.WaitAsync(Limit);
    }
}
