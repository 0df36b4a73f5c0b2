namespace Grafting.Core.Imaging;

/// <summary>A library that decodes pictures.</summary>
/// <param name="Note">What is wrong with this version, as a sentence; null where nothing is known against it.</param>
public sealed record CodecInfo(string Name, string Version, string? Note);
