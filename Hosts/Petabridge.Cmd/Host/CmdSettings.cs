using Akka.Configuration;

namespace Petabridge.Cmd.Host;

/// <summary>The endpoint's configuration, <c>petabridge.cmd</c>.</summary>
internal sealed record CmdSettings(
    string Host,
    int Port,
    bool LogPalettes,
    int ConnectionCountMax,
    int FrameBytesMax,
    long OutputBytesMax,
    TimeSpan HandshakeTimeout,
    TimeSpan IdleTimeout,
    TimeSpan WriteTimeout)
{
    /// <exception cref="ConfigurationException">A value makes no sense.</exception>
    public static CmdSettings From(Config config)
    {
        var wire = config.GetConfig("wire");
        var settings = new CmdSettings(
            config.GetString("host"),
            config.GetInt("port"),
            config.GetBoolean("log-palettes-on-startup"),
            wire.GetInt("connection-count-max"),
            (int)Math.Min(wire.GetByteSize("frame-bytes-max") ?? 0, int.MaxValue),
            wire.GetByteSize("output-bytes-max") ?? 0,
            wire.GetTimeSpan("handshake-timeout", null, false),
            wire.GetTimeSpan("idle-timeout", null, false),
            wire.GetTimeSpan("write-timeout", null, false));
        if (settings.Port is < 0 or > 65535)
            throw new ConfigurationException($"petabridge.cmd.port = {settings.Port}: expected 0 to 65535");
        if (settings.ConnectionCountMax < 1 || settings.FrameBytesMax < 1 || settings.OutputBytesMax < 1)
            throw new ConfigurationException("petabridge.cmd.wire: connection-count-max, frame-bytes-max and output-bytes-max are above 0");
        if (settings.HandshakeTimeout <= TimeSpan.Zero || settings.IdleTimeout <= TimeSpan.Zero || settings.WriteTimeout <= TimeSpan.Zero)
            throw new ConfigurationException("petabridge.cmd.wire: handshake-timeout, idle-timeout and write-timeout are above 0");
        return settings;
    }
}
