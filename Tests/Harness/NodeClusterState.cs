using System.Text.Json;

namespace Mooring.Harness;

/// <summary>What stands in <c>cluster.json</c> while a cluster runs. Its owner writes it; whoever reads it finds a whole one.</summary>
internal sealed record NodeClusterState(
    ProcessIdentity Owner, string Backend, string Endpoint, string Vip, string? CephConf, List<NodeState> Nodes, string? CaFile = null, string? Token = null)
{
    /// <summary>The cluster in a directory, or null when there is none.</summary>
    public static NodeClusterState? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(FileIn(directory)), HarnessJson.Default.NodeClusterState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Forgets the cluster in a directory.</summary>
    public static void Forget(string directory) => File.Delete(FileIn(directory));

    /// <summary>Replaces what is there.</summary>
    public void Write(string directory)
    {
        var next = FileIn(directory) + ".next";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // For whoever has started it: there may be a token in it.
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(next, options))
            JsonSerializer.Serialize(file, this, HarnessJson.Default.NodeClusterState);
        File.Move(next, FileIn(directory), overwrite: true);
    }

    private static string FileIn(string directory) => Path.Combine(directory, "cluster.json");
}

/// <summary>What stands there of a node: its present process or its last, how often it began anew, how it ended (null while it runs), and the network
/// namespace that it is in (null when it is this program's).</summary>
internal sealed record NodeState(
    string Name, string Address, int Port, int HttpPort, int Pid, ProcessIdentity? Process, int Restarts, string? Ended, string? Namespace = null);
